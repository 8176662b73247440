-- Campaigns of the e-mail API: one mail to everybody on a list. The cursor moves in the transaction that queues its messages.
CREATE TABLE campaign (
  id                   INTEGER PRIMARY KEY,
  uid                  BLOB NOT NULL UNIQUE,
  account_id           INTEGER NOT NULL,
  name                 TEXT NOT NULL,
  sender               TEXT NOT NULL,
  subject              TEXT NOT NULL,
  preview_text         TEXT,
  list_uid             BLOB NOT NULL,
  html                 TEXT,
  content              TEXT,
  template_id          TEXT,
  reply_to             TEXT,
  cc_list              TEXT,
  bcc_list             TEXT,
  tags                 TEXT,
  track_opens          INTEGER,
  track_clicks         INTEGER,
  status               INTEGER NOT NULL,
  stop_reason          TEXT,
  scheduled_at         INTEGER,
  time_zone            TEXT NOT NULL,
  window_from          INTEGER,
  window_to            INTEGER,
  window_days          TEXT,
  window_by_recipient  INTEGER,
  batch_size           INTEGER NOT NULL,
  batch_window_minutes INTEGER NOT NULL,
  cursor               INTEGER NOT NULL DEFAULT 0,
  expanded             INTEGER NOT NULL DEFAULT 0,
  skipped              INTEGER NOT NULL DEFAULT 0,
  settled              INTEGER NOT NULL DEFAULT 0,
  in_batch             INTEGER NOT NULL DEFAULT 0,
  batch_started_at     INTEGER,
  started_at           INTEGER,
  is_unguarded         INTEGER NOT NULL DEFAULT 0,
  act                  INTEGER NOT NULL DEFAULT 0,
  act_cursor           INTEGER NOT NULL DEFAULT 0,
  total                INTEGER NOT NULL DEFAULT 0,
  queued               INTEGER NOT NULL DEFAULT 0,
  sent                 INTEGER NOT NULL DEFAULT 0,
  delivered            INTEGER NOT NULL DEFAULT 0,
  opened               INTEGER NOT NULL DEFAULT 0,
  clicked              INTEGER NOT NULL DEFAULT 0,
  unsubscribed         INTEGER NOT NULL DEFAULT 0,
  bounced              INTEGER NOT NULL DEFAULT 0,
  hard_bounced         INTEGER NOT NULL DEFAULT 0,
  complained           INTEGER NOT NULL DEFAULT 0,
  created_at           INTEGER NOT NULL,
  updated_at           INTEGER NOT NULL
);

CREATE INDEX campaign_account ON campaign (account_id, id);
CREATE INDEX campaign_busy ON campaign (id) WHERE status = 2 OR act <> 0;
CREATE INDEX campaign_start ON campaign (scheduled_at) WHERE status = 1;

-- Which message went to which contact, and what is known of it (bits). A contact is written to once.
CREATE TABLE campaign_message (
  campaign_id INTEGER NOT NULL,
  contact_id  INTEGER NOT NULL,
  account_id  INTEGER NOT NULL,
  message_id  BLOB NOT NULL,
  address     TEXT,
  marks       INTEGER NOT NULL,
  PRIMARY KEY (campaign_id, contact_id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX campaign_message_id ON campaign_message (message_id);
CREATE INDEX campaign_message_contact ON campaign_message (contact_id) WHERE marks < 256;

INSERT INTO meta (name, value) VALUES ('campaign_cursor', 0);
