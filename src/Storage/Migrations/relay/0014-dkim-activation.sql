-- When a rotated key began to sign; null for keys that signed from the beginning.
ALTER TABLE dkim_key ADD COLUMN activated_at INTEGER;
