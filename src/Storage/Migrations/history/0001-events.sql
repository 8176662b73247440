-- Fed by the event pump; idempotent by sequence. Times are unix milliseconds UTC.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO meta (name, value) VALUES ('probe', 0);

CREATE TABLE cursor (
  name     TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL
) WITHOUT ROWID;

-- The body is the event as JSON without sequence and conversation; the columns are what is searched by.
CREATE TABLE event (
  sequence   INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  kind       INTEGER NOT NULL,
  message_id BLOB NOT NULL,
  recipient  TEXT,
  domain     TEXT,
  body       BLOB NOT NULL
);

CREATE INDEX event_at ON event (at);
CREATE INDEX event_message ON event (message_id);
CREATE INDEX event_recipient ON event (recipient) WHERE recipient IS NOT NULL;
CREATE INDEX event_domain ON event (domain) WHERE domain IS NOT NULL;

CREATE TABLE conversation (
  sequence     INTEGER PRIMARY KEY,
  account_id   INTEGER NOT NULL,
  recipient_id INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  text         TEXT NOT NULL
);

CREATE INDEX conversation_recipient ON conversation (recipient_id);
CREATE INDEX conversation_at ON conversation (at);
