-- Quotas of accounts and domains in recipients and by the second, as logins and keys have them.
ALTER TABLE account ADD COLUMN emails_per_second INTEGER;
ALTER TABLE account ADD COLUMN recipients_per_second INTEGER;
ALTER TABLE account ADD COLUMN recipients_per_hour INTEGER;
ALTER TABLE account ADD COLUMN recipients_per_day INTEGER;

ALTER TABLE sending_domain ADD COLUMN emails_per_second INTEGER;
ALTER TABLE sending_domain ADD COLUMN recipients_per_second INTEGER;
ALTER TABLE sending_domain ADD COLUMN recipients_per_hour INTEGER;
ALTER TABLE sending_domain ADD COLUMN recipients_per_day INTEGER;
