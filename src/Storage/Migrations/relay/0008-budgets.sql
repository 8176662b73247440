-- What limits over an hour or more have counted, so that a restart gives nobody a second day's budget.
CREATE TABLE budget (
  name     TEXT PRIMARY KEY,
  state    TEXT NOT NULL,
  saved_at INTEGER NOT NULL
) WITHOUT ROWID;
