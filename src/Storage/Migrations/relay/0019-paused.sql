-- What stands still is shown at every look at the server's status.
CREATE INDEX campaign_paused ON campaign (id) WHERE status = 3;
CREATE INDEX account_suspended ON account (id) WHERE suspended_at IS NOT NULL;
