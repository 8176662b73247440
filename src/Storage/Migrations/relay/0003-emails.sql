-- E-mails handed in over HTTP: what their sender gave, beside the message row that carries them. Both go together;
-- html and text go with the content. When it is due stands in the message row alone, so that it cannot disagree.
CREATE TABLE email (
  id            INTEGER PRIMARY KEY,
  message_id    BLOB NOT NULL UNIQUE,
  account_id    INTEGER NOT NULL,
  domain_id     INTEGER,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  latest_status INTEGER NOT NULL,
  was_scheduled INTEGER NOT NULL,
  sender        TEXT NOT NULL,
  to_list       TEXT NOT NULL,
  cc_list       TEXT,
  bcc_list      TEXT,
  reply_to      TEXT,
  subject       TEXT NOT NULL,
  message_field TEXT NOT NULL,
  reference_ids TEXT,
  template_id   TEXT,
  in_reply_to   BLOB,
  html          TEXT,
  text          TEXT
);

-- Newest first within an account; the domain at the end lets a count be answered from the index.
CREATE INDEX email_listing ON email (account_id, created_at, id, domain_id);

-- Requests that may be repeated: the digest of the body, and the 16-byte ids it made, one after the other.
CREATE TABLE idempotency (
  account_id  INTEGER NOT NULL,
  key         TEXT NOT NULL,
  body_digest BLOB NOT NULL,
  message_ids BLOB NOT NULL,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (account_id, key)
) WITHOUT ROWID;

CREATE INDEX idempotency_age ON idempotency (created_at);

INSERT INTO meta (name, value) VALUES ('email_status_cursor', 0);
