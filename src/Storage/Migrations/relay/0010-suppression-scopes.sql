-- Entries by scope: '' all mail of the account, 'stream:broadcast', 'list:ID'; with expiry and what they were decided from.
CREATE TABLE suppression_entry (
  account_id INTEGER NOT NULL,
  address    TEXT NOT NULL,
  scope      TEXT NOT NULL,
  reason     INTEGER NOT NULL,
  detail     TEXT,
  evidence   TEXT,
  message_id BLOB,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (account_id, address, scope)
) WITHOUT ROWID;

INSERT INTO suppression_entry (account_id, address, scope, reason, detail, created_at)
  SELECT account_id, address, '', reason, detail, created_at FROM suppression;

DROP TABLE suppression;

ALTER TABLE suppression_entry RENAME TO suppression;

CREATE INDEX suppression_expiry ON suppression (expires_at) WHERE expires_at IS NOT NULL;

-- Hard bounces on their way to an entry, where more than one is asked for.
CREATE TABLE suppression_bounce (
  account_id INTEGER NOT NULL,
  address    TEXT NOT NULL,
  count      INTEGER NOT NULL,
  until      INTEGER NOT NULL,
  PRIMARY KEY (account_id, address)
) WITHOUT ROWID;

CREATE INDEX suppression_bounce_until ON suppression_bounce (until);

INSERT INTO meta (name, value) VALUES ('suppression_cursor', 0);

-- The list a message belongs to, for suppression by list.
ALTER TABLE message ADD COLUMN list_id TEXT;
