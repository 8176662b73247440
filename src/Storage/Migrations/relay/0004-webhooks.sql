-- Addresses of applications that are told what happens. Secrets and own headers are sealed by the key ring; lists are JSON.

CREATE TABLE webhook (
  id                     INTEGER PRIMARY KEY,
  uid                    BLOB NOT NULL,
  account_id             INTEGER NOT NULL,
  revision               INTEGER NOT NULL,
  name                   TEXT,
  url                    TEXT NOT NULL,
  events                 TEXT,
  filter_domains         TEXT,
  filter_tags            TEXT,
  filter_stream          INTEGER,
  header_names           TEXT,
  sealed_headers         BLOB,
  status                 INTEGER NOT NULL,
  status_reason          TEXT,
  rate_limit             INTEGER NOT NULL,
  rate_period            INTEGER NOT NULL,
  ordered                INTEGER NOT NULL,
  sealed_secret          BLOB NOT NULL,
  sealed_previous_secret BLOB,
  previous_secret_until  INTEGER,
  failing_since          INTEGER,
  created_at             INTEGER NOT NULL,
  updated_at             INTEGER NOT NULL,
  UNIQUE (uid)
);

CREATE INDEX webhook_account ON webhook (account_id);
