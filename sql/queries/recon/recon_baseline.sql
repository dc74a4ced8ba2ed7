-- recon_baseline: the accepted snapshot of an earlier session that positions are rolled forward from.
-- grain:   one row or none; only snapshots with a complete statement, so that no event falls between two statements
-- store:   warehouse
-- params:  account_id TEXT, before DATE (exclusive)
-- returns: snapshot_id BIGINT, business_date DATE, captured_at TIMESTAMP
SELECT s.snapshot_id, s.business_date, s.captured_at
FROM snapshot AS s
JOIN statement AS t ON t.snapshot_id = s.snapshot_id
WHERE s.account_id = :account_id AND s.status = 'accepted' AND t.complete AND s.business_date < CAST(:before AS DATE)
ORDER BY s.business_date DESC, s.captured_at DESC, s.snapshot_id DESC
LIMIT 1
