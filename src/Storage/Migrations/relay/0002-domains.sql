-- Accounts that can be suspended and limited, API keys named per account, domains with their proof, and counts for quotas.

-- Account 1 has been there from the start; new ones take their ids behind it.
UPDATE meta SET value = max(value, 2) WHERE name = 'next_id';

ALTER TABLE account ADD COLUMN suspended_at INTEGER;
ALTER TABLE account ADD COLUMN requests_per_second INTEGER;
ALTER TABLE account ADD COLUMN emails_per_hour INTEGER;
ALTER TABLE account ADD COLUMN emails_per_day INTEGER;

-- The table is built anew to lose its constraint on names: an API key's name is unique within its account, and free again once it is revoked.
CREATE TABLE credential_new (
  id                  INTEGER PRIMARY KEY,
  account_id          INTEGER NOT NULL,
  kind                INTEGER NOT NULL,
  name                TEXT NOT NULL,
  hint                TEXT,
  verifier            TEXT NOT NULL,
  scopes              TEXT NOT NULL,
  allowed_senders     TEXT,
  allowed_networks    TEXT,
  requests_per_second INTEGER,
  emails_per_hour     INTEGER,
  emails_per_day      INTEGER,
  created_at          INTEGER NOT NULL,
  expires_at          INTEGER,
  revoked_at          INTEGER,
  last_used_at        INTEGER
);

INSERT INTO credential_new (id, account_id, kind, name, verifier, scopes, allowed_senders, allowed_networks, created_at, expires_at, revoked_at, last_used_at)
SELECT id, account_id, kind, name, verifier, scopes, allowed_senders, allowed_networks, created_at, expires_at, revoked_at, last_used_at FROM credential;

DROP TABLE credential;
ALTER TABLE credential_new RENAME TO credential;

CREATE INDEX credential_verifier ON credential (verifier);
CREATE UNIQUE INDEX credential_name ON credential (kind, name) WHERE kind <> 1;
CREATE UNIQUE INDEX credential_key_name ON credential (account_id, name) WHERE kind = 1 AND revoked_at IS NULL;

-- The records to publish follow from the row; each has its own status. Private keys are in dkim_key.
CREATE TABLE sending_domain (
  id                  INTEGER PRIMARY KEY,
  uid                 BLOB NOT NULL UNIQUE,
  account_id          INTEGER NOT NULL,
  name                TEXT NOT NULL,
  region              TEXT NOT NULL,
  status              INTEGER NOT NULL,
  is_trusted          INTEGER NOT NULL,
  click_tracking      INTEGER NOT NULL,
  open_tracking       INTEGER NOT NULL,
  token               TEXT NOT NULL,
  rsa_selector        TEXT NOT NULL,
  rsa_record          TEXT NOT NULL,
  ed25519_selector    TEXT NOT NULL,
  ed25519_record      TEXT NOT NULL,
  ownership_status    INTEGER NOT NULL,
  rsa_status          INTEGER NOT NULL,
  ed25519_status      INTEGER NOT NULL,
  mx_status           INTEGER NOT NULL,
  spf_status          INTEGER NOT NULL,
  dmarc_status        INTEGER NOT NULL,
  tracking_status     INTEGER NOT NULL,
  emails_per_hour     INTEGER,
  emails_per_day      INTEGER,
  verification_error  TEXT,
  checked_at          INTEGER,
  next_check_at       INTEGER,
  failing_since       INTEGER,
  failures            INTEGER NOT NULL,
  created_at          INTEGER NOT NULL,
  updated_at          INTEGER NOT NULL,
  UNIQUE (account_id, name)
);

-- One account at most holds a name as proved.
CREATE UNIQUE INDEX sending_domain_holder ON sending_domain (name) WHERE status = 2;
CREATE INDEX sending_domain_due ON sending_domain (next_check_at) WHERE next_check_at IS NOT NULL;

-- E-mails handed in through the API in the hour and the day under way (numbers of hours and days since 1970 UTC).
-- Scope: 0 account, 1 key, 2 domain; the subject is its id.
CREATE TABLE email_count (
  scope      INTEGER NOT NULL,
  subject_id INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  hour       INTEGER NOT NULL,
  hour_count INTEGER NOT NULL,
  day        INTEGER NOT NULL,
  day_count  INTEGER NOT NULL,
  PRIMARY KEY (scope, subject_id)
) WITHOUT ROWID;
