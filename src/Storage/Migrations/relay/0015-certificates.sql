-- Client certificates that stand for logins, by fingerprint or subject.
CREATE TABLE credential_certificate (
  name          TEXT PRIMARY KEY,
  credential_id INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX credential_certificate_owner ON credential_certificate (credential_id);
