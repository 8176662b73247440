-- Counts that queries read instead of events: by hour (span 0) and day (span 1), UTC. Tag '' counts all mail, other rows the mail with that tag.
-- 'at' is the begin of the span; domain is the A-label of From, '' when it is not known.
CREATE TABLE aggregate (
  account_id      INTEGER NOT NULL,
  span            INTEGER NOT NULL,
  tag             TEXT NOT NULL,
  at              INTEGER NOT NULL,
  domain          TEXT NOT NULL,
  stream          INTEGER NOT NULL,
  sent            INTEGER NOT NULL,
  delivered       INTEGER NOT NULL,
  deferred        INTEGER NOT NULL,
  bounced_hard    INTEGER NOT NULL,
  bounced_blocked INTEGER NOT NULL,
  bounced_soft    INTEGER NOT NULL,
  failed          INTEGER NOT NULL,
  rejected        INTEGER NOT NULL,
  suppressed      INTEGER NOT NULL,
  cancelled       INTEGER NOT NULL,
  complained      INTEGER NOT NULL,
  unsubscribed    INTEGER NOT NULL,
  opened          INTEGER NOT NULL,
  opened_human    INTEGER NOT NULL,
  opened_unique   INTEGER NOT NULL,
  clicked         INTEGER NOT NULL,
  clicked_human   INTEGER NOT NULL,
  clicked_unique  INTEGER NOT NULL,
  PRIMARY KEY (account_id, span, tag, at, domain, stream)
) WITHOUT ROWID;

CREATE INDEX aggregate_age ON aggregate (span, at);

-- Tags (kind 0) and domains (kind 1) that have rows of their own on a day, so that their number can be bounded.
CREATE TABLE aggregate_name (
  day        INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  kind       INTEGER NOT NULL,
  name       TEXT NOT NULL,
  PRIMARY KEY (day, account_id, kind, name)
) WITHOUT ROWID;

-- Copies that a person has opened (kind 14) or clicked in (kind 17); recipient is a hash. Message ids sort by time.
CREATE TABLE first_seen (
  message_id BLOB NOT NULL,
  account_id INTEGER NOT NULL,
  kind       INTEGER NOT NULL,
  recipient  BLOB NOT NULL,
  PRIMARY KEY (message_id, kind, recipient)
) WITHOUT ROWID;

-- Background jobs. Request is the kind's own JSON; the file of a finished job lies in the data folder under its id.
CREATE TABLE job (
  id           BLOB PRIMARY KEY,
  account_id   INTEGER NOT NULL,
  kind         TEXT NOT NULL,
  status       INTEGER NOT NULL,
  request      TEXT NOT NULL,
  actor        TEXT NOT NULL,
  attempts     INTEGER NOT NULL,
  progress     INTEGER NOT NULL,
  processed    INTEGER NOT NULL,
  error        TEXT,
  created_at   INTEGER NOT NULL,
  started_at   INTEGER,
  finished_at  INTEGER,
  expires_at   INTEGER,
  file_name    TEXT,
  content_type TEXT,
  file_bytes   INTEGER
) WITHOUT ROWID;

CREATE INDEX job_account ON job (account_id, id);
CREATE INDEX job_status ON job (status, id);
CREATE INDEX job_expiry ON job (expires_at) WHERE expires_at IS NOT NULL;
