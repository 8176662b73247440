-- Decisions about sites and sources with their reasons; those in force are put in force again at the start. Times are unix milliseconds UTC.

CREATE TABLE shaping_decision (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  act            INTEGER NOT NULL,
  at             INTEGER NOT NULL,
  until          INTEGER NOT NULL,
  site           TEXT,
  source         TEXT,
  rule           TEXT NOT NULL,
  connections    INTEGER,
  rate_count     INTEGER,
  rate_period_ms INTEGER,
  reason         TEXT NOT NULL,
  ended_at       INTEGER
);

CREATE INDEX shaping_decision_until ON shaping_decision (until);
CREATE INDEX shaping_decision_site ON shaping_decision (site, id) WHERE site IS NOT NULL;
