-- recon_statements: the accepted statements of earlier sessions and the one of this snapshot.
-- grain:   one row per statement, oldest first
-- store:   warehouse
-- params:  account_id TEXT, snapshot_id BIGINT, business_date DATE (earlier sessions only, besides the snapshot's own)
-- returns: snapshot_id BIGINT, since TIMESTAMP, until TIMESTAMP, complete BOOLEAN, unmapped JSON,
--          executions BIGINT, activities BIGINT (rows of the snapshot's own statement, 0 for the others)
SELECT t.snapshot_id, t.since, t.until, t.complete, t.unmapped,
       CASE WHEN t.snapshot_id = :snapshot_id
            THEN (SELECT count(*) FROM statement_execution AS e WHERE e.snapshot_id = :snapshot_id) ELSE 0 END AS executions,
       CASE WHEN t.snapshot_id = :snapshot_id
            THEN (SELECT count(*) FROM statement_activity AS a WHERE a.snapshot_id = :snapshot_id) ELSE 0 END AS activities
FROM statement AS t
JOIN snapshot AS s ON s.snapshot_id = t.snapshot_id
WHERE t.account_id = :account_id
  AND (t.snapshot_id = :snapshot_id OR (s.status = 'accepted' AND s.business_date < CAST(:business_date AS DATE)))
ORDER BY s.captured_at, t.snapshot_id
