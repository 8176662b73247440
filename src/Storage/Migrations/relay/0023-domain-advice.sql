-- What a domain should have beyond its proof, as the last look found it: JSON. Domains where something drifted are looked for twice a minute; they are few.
ALTER TABLE sending_domain ADD COLUMN advice TEXT;
ALTER TABLE sending_domain ADD COLUMN drift_since INTEGER;

UPDATE sending_domain SET drift_since = failing_since WHERE failing_since IS NOT NULL;

CREATE INDEX sending_domain_drifted ON sending_domain (id) WHERE status = 2 AND drift_since IS NOT NULL;
