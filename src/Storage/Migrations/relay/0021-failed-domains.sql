-- Domains in trouble are looked for twice a minute; they are few.
CREATE INDEX sending_domain_failed ON sending_domain (id) WHERE status = 3 AND is_trusted = 0 AND verification_error IS NOT NULL;
