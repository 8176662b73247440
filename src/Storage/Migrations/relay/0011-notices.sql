-- What webhooks are to be told apart from mail, written in the transaction of the change it tells of; goes once it is queued for them.
CREATE TABLE webhook_notice (
  id         INTEGER PRIMARY KEY,
  uid        BLOB NOT NULL,
  account_id INTEGER NOT NULL,
  type       TEXT NOT NULL,
  at         INTEGER NOT NULL,
  domain     TEXT,
  domain_id  INTEGER,
  data       TEXT NOT NULL
);
