-- What webhooks are told: the body once for each event, a row for each webhook that hears of it. The rows are queue and log in one.

CREATE TABLE webhook_event (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  uid        BLOB NOT NULL,
  account_id INTEGER NOT NULL,
  sequence   INTEGER NOT NULL,
  type       TEXT NOT NULL,
  message_id BLOB,
  created_at INTEGER NOT NULL,
  body       BLOB NOT NULL
);

CREATE INDEX webhook_event_created ON webhook_event (created_at);

-- status 0: pending. Pending without next_try_at: waits for an earlier one about the same message. tries begin anew with a replay.
CREATE TABLE webhook_delivery (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  uid             BLOB NOT NULL,
  account_id      INTEGER NOT NULL,
  webhook_id      INTEGER NOT NULL,
  event_id        INTEGER NOT NULL,
  type            TEXT NOT NULL,
  message_id      BLOB,
  status          INTEGER NOT NULL,
  next_try_at     INTEGER,
  tries           INTEGER NOT NULL,
  attempts        INTEGER NOT NULL,
  created_at      INTEGER NOT NULL,
  finished_at     INTEGER,
  tried_at        INTEGER,
  response_status INTEGER,
  response_body   BLOB,
  error           TEXT,
  duration_ms     INTEGER,
  request_headers TEXT,
  UNIQUE (uid)
);

CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, next_try_at, id) WHERE status = 0 AND next_try_at IS NOT NULL;
CREATE INDEX webhook_delivery_order ON webhook_delivery (webhook_id, message_id, id) WHERE status = 0 AND message_id IS NOT NULL;
CREATE INDEX webhook_delivery_log ON webhook_delivery (webhook_id, id);
CREATE INDEX webhook_delivery_pending ON webhook_delivery (webhook_id, id) WHERE status = 0;
CREATE INDEX webhook_delivery_failed ON webhook_delivery (webhook_id, id) WHERE status = 2;
CREATE INDEX webhook_delivery_event ON webhook_delivery (event_id);
CREATE INDEX webhook_delivery_finished ON webhook_delivery (finished_at) WHERE finished_at IS NOT NULL;
