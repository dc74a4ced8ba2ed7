-- first_statement_since: where the first accepted statement of an account began.
-- grain:   one row
-- store:   warehouse
-- params:  account_id TEXT
-- returns: since TIMESTAMP (UTC; null where there is none)
SELECT min(t.since) AS since
FROM statement AS t
JOIN snapshot AS s ON s.snapshot_id = t.snapshot_id
WHERE t.account_id = :account_id AND t.complete AND s.status = 'accepted'
