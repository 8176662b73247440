-- DMARC and TLS reports that came in. rows is JSON: source, what, count, passed.
CREATE TABLE aggregate_report (
  id          INTEGER PRIMARY KEY,
  kind        INTEGER NOT NULL,
  domain      TEXT NOT NULL,
  reporter    TEXT NOT NULL,
  report_id   TEXT NOT NULL,
  begins      INTEGER NOT NULL,
  ends        INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  total       INTEGER NOT NULL,
  passed      INTEGER NOT NULL,
  rows        TEXT NOT NULL,
  UNIQUE (kind, reporter, report_id, domain)
);

CREATE INDEX aggregate_report_domain ON aggregate_report (domain, id);
CREATE INDEX aggregate_report_received ON aggregate_report (received_at);
