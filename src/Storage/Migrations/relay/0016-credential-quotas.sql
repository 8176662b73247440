-- Quotas of logins and keys in recipients and by the second, and what mail of a login is where it does not say so itself.
ALTER TABLE credential ADD COLUMN emails_per_second INTEGER;
ALTER TABLE credential ADD COLUMN recipients_per_second INTEGER;
ALTER TABLE credential ADD COLUMN recipients_per_hour INTEGER;
ALTER TABLE credential ADD COLUMN recipients_per_day INTEGER;
ALTER TABLE credential ADD COLUMN default_stream TEXT;
ALTER TABLE credential ADD COLUMN default_tags TEXT;

ALTER TABLE email_count ADD COLUMN hour_recipients INTEGER NOT NULL DEFAULT 0;
ALTER TABLE email_count ADD COLUMN day_recipients INTEGER NOT NULL DEFAULT 0;

-- What tenants own is kept apart by account in every table.
ALTER TABLE credential_certificate ADD COLUMN account_id INTEGER NOT NULL DEFAULT 1;

UPDATE credential_certificate SET account_id = (SELECT account_id FROM credential WHERE id = credential_id);
