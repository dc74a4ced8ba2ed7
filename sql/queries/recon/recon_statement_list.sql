-- recon_statement_list: the accepted statements of earlier sessions and the one of this snapshot.
-- grain:   one row per statement, oldest first
-- store:   warehouse
-- params:  account_id TEXT, snapshot_id BIGINT, business_date DATE (earlier sessions only, besides the snapshot's own)
-- returns: snapshot_id BIGINT, since TIMESTAMP
SELECT t.snapshot_id, t.since
FROM statement AS t
JOIN snapshot AS s ON s.snapshot_id = t.snapshot_id
WHERE t.account_id = :account_id
  AND (t.snapshot_id = :snapshot_id OR (s.status = 'accepted' AND s.business_date < CAST(:business_date AS DATE)))
ORDER BY s.captured_at, t.snapshot_id
