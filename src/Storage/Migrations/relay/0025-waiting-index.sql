-- For a condition with a list SQLite builds a table in memory each time a recipient is written; two comparisons say the same
-- (scheduled 0, ready 1, deferred 3; leased 2, held 4).
DROP INDEX recipient_waiting;

CREATE INDEX recipient_waiting ON recipient (queue_key, flow, priority, next_attempt) WHERE state < 4 AND state <> 2;
