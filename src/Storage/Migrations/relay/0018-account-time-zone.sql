-- IANA name; NULL is as configured.
ALTER TABLE account ADD COLUMN time_zone TEXT;
