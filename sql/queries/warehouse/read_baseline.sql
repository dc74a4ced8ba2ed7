-- read_baseline: the last accepted snapshot of an account before a session.
-- grain:   one row or none
-- params:  account_id TEXT, before DATE (exclusive)
-- returns: snapshot_id BIGINT, business_date DATE, captured_at TIMESTAMP
SELECT snapshot_id, business_date, captured_at
FROM snapshot
WHERE account_id = :account_id AND status = 'accepted' AND business_date < :before
ORDER BY business_date DESC, captured_at DESC, snapshot_id DESC
LIMIT 1
