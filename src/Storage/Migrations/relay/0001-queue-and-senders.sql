-- Times are unix milliseconds UTC. Enumerations hold the values of their C# types. Every table with tenant data has account_id.
-- All ids come from one counter kept by the writer (meta 'next_id' is its reserved end), so no id is ever given twice.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO meta (name, value) VALUES ('epoch', 0), ('next_id', 1), ('probe', 0);

CREATE TABLE account (
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
);

INSERT INTO account (id, name, created_at) VALUES (1, 'default', 0);

-- A short number is the key and the 16 bytes of the queue id are a unique index: children refer by the number,
-- and rows as wide as these would make a poor clustered index.
-- Variants and recipients of one message have consecutive ids, so that neither needs an index by message.
CREATE TABLE message (
  no              INTEGER PRIMARY KEY,
  id              BLOB NOT NULL UNIQUE,
  account_id      INTEGER NOT NULL,
  open_recipients INTEGER NOT NULL,
  finished_at     INTEGER,
  content_class   INTEGER NOT NULL,
  has_content     INTEGER NOT NULL,
  first_variant   INTEGER NOT NULL,
  variant_count   INTEGER NOT NULL,
  first_recipient INTEGER NOT NULL,
  recipient_count INTEGER NOT NULL,
  door            INTEGER NOT NULL,
  credential_id   INTEGER,
  stream          INTEGER NOT NULL,
  tags            TEXT,
  priority        INTEGER NOT NULL,
  accepted_at     INTEGER NOT NULL,
  not_before      INTEGER,
  expires_at      INTEGER NOT NULL,
  reverse_path    TEXT NOT NULL,
  sender_domain   TEXT,
  body_type       INTEGER NOT NULL,
  smtp_utf8       INTEGER NOT NULL,
  require_tls     INTEGER NOT NULL,
  dsn_return      INTEGER NOT NULL,
  envelope_id     TEXT,
  header_from     TEXT,
  from_domain     TEXT,
  subject         TEXT,
  message_id      TEXT,
  idempotency_key TEXT,
  client_address  TEXT,
  size_bytes      INTEGER NOT NULL
);

-- Open messages by age (finished_at is null), finished ones by the instant retention counts from.
CREATE INDEX message_finished ON message (finished_at, accepted_at);

-- Finished messages whose content is still there, by the rule that deletes it.
CREATE INDEX message_content ON message (content_class, finished_at) WHERE has_content = 1 AND finished_at IS NOT NULL;

CREATE TABLE content (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL,
  file_name  TEXT,
  body       BLOB
);

CREATE INDEX content_file ON content (file_name) WHERE file_name IS NOT NULL;

CREATE TABLE variant (
  id                INTEGER PRIMARY KEY,
  account_id        INTEGER NOT NULL,
  message_no        INTEGER NOT NULL,
  content_id        INTEGER NOT NULL,
  content_size      INTEGER NOT NULL,
  content_header    INTEGER NOT NULL,
  content_file      TEXT,
  prefix            BLOB NOT NULL,
  return_path       TEXT,
  signature         BLOB,
  signed_at         INTEGER,
  signature_keys    TEXT
);

CREATE TABLE recipient (
  id                 INTEGER PRIMARY KEY,
  account_id         INTEGER NOT NULL,
  message_no         INTEGER NOT NULL,
  variant_id         INTEGER NOT NULL,
  state              INTEGER NOT NULL,
  priority           INTEGER NOT NULL,
  next_attempt       INTEGER NOT NULL,
  attempts           INTEGER NOT NULL,
  lease_epoch        INTEGER,
  lease_number       INTEGER,
  updated_at         INTEGER NOT NULL,
  queue_key          TEXT NOT NULL,
  address            TEXT NOT NULL,
  notify             INTEGER NOT NULL,
  original_recipient TEXT,
  last_reply         TEXT,
  last_host          TEXT
);

-- Leasing reads (queue_key, one priority, next_attempt up to now): three short scans, whatever the length of the queue.
CREATE INDEX recipient_waiting ON recipient (queue_key, priority, next_attempt) WHERE state IN (0, 1, 3);

-- Few rows ever: what this process has in hand, and what operators keep.
CREATE INDEX recipient_leased ON recipient (queue_key) WHERE state = 2;
CREATE INDEX recipient_held ON recipient (queue_key) WHERE state = 4;

-- Exact counts, and the earliest next attempt as a lower bound; a row goes when both counts are 0.
CREATE TABLE queue_key (
  queue_key TEXT PRIMARY KEY,
  waiting   INTEGER NOT NULL,
  held      INTEGER NOT NULL,
  next_due  INTEGER
) WITHOUT ROWID;

CREATE INDEX queue_key_due ON queue_key (next_due) WHERE next_due IS NOT NULL;

-- Exact, but for leased recipients, which are counted by their index.
CREATE TABLE state_count (
  state INTEGER PRIMARY KEY,
  count INTEGER NOT NULL
);

-- The body is the event as JSON, without its sequence.
CREATE TABLE event_outbox (
  sequence   INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL,
  body       BLOB NOT NULL
);

CREATE TABLE suppression (
  account_id INTEGER NOT NULL,
  address    TEXT NOT NULL,
  reason     INTEGER NOT NULL,
  detail     TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, address)
) WITHOUT ROWID;

CREATE TABLE credential (
  id               INTEGER PRIMARY KEY,
  account_id       INTEGER NOT NULL,
  kind             INTEGER NOT NULL,
  name             TEXT NOT NULL,
  verifier         TEXT NOT NULL,
  scopes           TEXT NOT NULL,
  allowed_senders  TEXT,
  allowed_networks TEXT,
  created_at       INTEGER NOT NULL,
  expires_at       INTEGER,
  revoked_at       INTEGER,
  last_used_at     INTEGER,
  UNIQUE (kind, name)
);

CREATE INDEX credential_verifier ON credential (verifier);

CREATE TABLE dkim_key (
  id                 INTEGER PRIMARY KEY,
  account_id         INTEGER NOT NULL,
  domain             TEXT NOT NULL,
  selector           TEXT NOT NULL,
  algorithm          INTEGER NOT NULL,
  state              INTEGER NOT NULL,
  sealed_private_key BLOB NOT NULL,
  public_record      TEXT NOT NULL,
  created_at         INTEGER NOT NULL,
  retired_at         INTEGER,
  UNIQUE (domain, selector)
);

CREATE TABLE audit (
  id             INTEGER PRIMARY KEY,
  account_id     INTEGER NOT NULL,
  at             INTEGER NOT NULL,
  actor          TEXT NOT NULL,
  client_address TEXT,
  action         TEXT NOT NULL,
  target         TEXT,
  affected_count INTEGER NOT NULL
);
