-- newest_snapshots: when each account was last seen whole.
-- grain:   one row per account
-- store:   warehouse
-- params:  none
-- returns: account_id TEXT, captured_at TIMESTAMP (of the newest accepted snapshot)
SELECT account_id, max(captured_at) AS captured_at
FROM snapshot
WHERE status = 'accepted'
GROUP BY account_id
ORDER BY account_id
