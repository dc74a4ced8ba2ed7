-- recon_snapshot: the head of the snapshot that is reconciled.
-- grain:   one row
-- store:   warehouse
-- params:  snapshot_id BIGINT
-- returns: account_id TEXT, business_date DATE, captured_at TIMESTAMP, completeness TEXT, status TEXT, unmapped JSON
SELECT account_id, business_date, captured_at, completeness, status, unmapped
FROM snapshot
WHERE snapshot_id = :snapshot_id
