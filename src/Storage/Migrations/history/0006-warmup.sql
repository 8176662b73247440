-- How far each warm-up plan is with each site. The date is the number of days since 0001-01-01; times are unix milliseconds UTC.

CREATE TABLE warmup (
  plan         TEXT NOT NULL,
  site         TEXT NOT NULL,
  day          INTEGER NOT NULL,
  date         INTEGER NOT NULL,
  sent         INTEGER NOT NULL,
  delivered    INTEGER NOT NULL,
  deferred     INTEGER NOT NULL,
  bounced      INTEGER NOT NULL,
  complaints   INTEGER NOT NULL,
  paused_until INTEGER,
  pause_reason TEXT,
  PRIMARY KEY (plan, site)
) WITHOUT ROWID;
