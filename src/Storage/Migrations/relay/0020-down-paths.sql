-- Mail of which queue keys waits for paths that do not answer, so that it flows when they do although the program was started anew.
CREATE TABLE down_key (
  site      TEXT NOT NULL,
  source    TEXT NOT NULL,
  queue_key TEXT NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (site, source, queue_key)
) WITHOUT ROWID;
