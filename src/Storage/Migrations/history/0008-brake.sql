-- What the abuse brake counts, and who is braked. Scope: 0 account, 1 stream, 2 credential. Times are unix milliseconds UTC.

CREATE TABLE brake_count (
  account_id INTEGER NOT NULL,
  scope      INTEGER NOT NULL,
  name       TEXT NOT NULL,
  counts     TEXT NOT NULL,
  PRIMARY KEY (account_id, scope, name)
) WITHOUT ROWID;

CREATE TABLE brake (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL,
  scope      INTEGER NOT NULL,
  name       TEXT NOT NULL,
  rule       TEXT NOT NULL,
  reason     TEXT NOT NULL,
  since      INTEGER NOT NULL,
  ended      INTEGER NOT NULL
);
