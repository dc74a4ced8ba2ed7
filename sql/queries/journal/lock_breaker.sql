-- lock_breaker: one breaker as it stands, held until the transaction ends; one that never went off is made as lifted.
-- grain:   one row
-- store:   journal
-- params:  account TEXT, name TEXT (with its scope), now TIMESTAMP
-- returns: account_id TEXT, name TEXT, state TEXT, reason TEXT, since TIMESTAMP, until TIMESTAMP, lifted_by TEXT
INSERT INTO breaker (account_id, name, state, reason, since)
VALUES (:account, :name, 'lifted', 'it never went off', :now)
ON CONFLICT (account_id, name) DO UPDATE SET name = breaker.name
RETURNING account_id, name, state, reason, since, until, lifted_by
