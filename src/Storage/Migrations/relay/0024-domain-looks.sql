-- What the last look said of each record to publish: JSON, as in advice.
ALTER TABLE sending_domain ADD COLUMN looks TEXT;
