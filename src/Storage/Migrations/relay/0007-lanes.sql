-- Mail waits in lanes: one flow (account, login, stream, campaign) under one queue key, so that a long lane hides no other.
-- Mail stored before has flow 0, a lane of its own.

ALTER TABLE message ADD COLUMN submitter TEXT;
ALTER TABLE recipient ADD COLUMN flow INTEGER NOT NULL DEFAULT 0;

DROP INDEX recipient_waiting;

-- Leasing reads (queue_key, flow, one priority, next_attempt up to now): three short scans, whatever the length of the queue.
CREATE INDEX recipient_waiting ON recipient (queue_key, flow, priority, next_attempt) WHERE state IN (0, 1, 3);

-- Exact counts, and the earliest next attempt as a lower bound; a row goes when both counts are 0.
-- What the flow is stands here once something of it waits; null until then.
CREATE TABLE queue_lane (
  queue_key  TEXT NOT NULL,
  flow       INTEGER NOT NULL,
  account_id INTEGER,
  submitter  TEXT,
  stream     INTEGER,
  tag        TEXT,
  waiting    INTEGER NOT NULL,
  held       INTEGER NOT NULL,
  next_due   INTEGER,
  PRIMARY KEY (queue_key, flow)
) WITHOUT ROWID;

INSERT INTO queue_lane (queue_key, flow, account_id, stream, waiting, held, next_due)
  SELECT queue_key, 0, 0, 0, waiting, held, next_due FROM queue_key;

DROP TABLE queue_key;

CREATE INDEX queue_lane_due ON queue_lane (next_due, queue_key, flow) WHERE next_due IS NOT NULL;
