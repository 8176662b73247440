-- What operators suspended, by what and until when (null: until it is ended).
CREATE TABLE suspension (
  id     INTEGER PRIMARY KEY,
  scope  INTEGER NOT NULL,
  name   TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor  TEXT NOT NULL,
  since  INTEGER NOT NULL,
  until  INTEGER,
  UNIQUE (scope, name)
);
