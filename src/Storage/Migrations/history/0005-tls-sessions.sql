-- Sessions with mail hosts by recipient domain and day (days since 1970, UTC), for reports about TLS (RFC 8460).

CREATE TABLE tls_session (
  day               INTEGER NOT NULL,
  domain            TEXT NOT NULL,
  policy            INTEGER NOT NULL,
  result            INTEGER NOT NULL,
  mail_host         TEXT NOT NULL,
  receiving_address TEXT NOT NULL,
  sending_address   TEXT NOT NULL,
  sessions          INTEGER NOT NULL,
  detail            TEXT,
  PRIMARY KEY (day, domain, policy, result, mail_host, receiving_address, sending_address)
) WITHOUT ROWID;
