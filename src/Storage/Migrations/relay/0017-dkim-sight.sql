-- 1 for keys that sign from when their record is seen in DNS; others are activated by the check of their account's domain.
ALTER TABLE dkim_key ADD COLUMN activates_on_sight INTEGER NOT NULL DEFAULT 0;
