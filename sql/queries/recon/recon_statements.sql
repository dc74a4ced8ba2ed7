-- recon_statements: the windows of some statements, and how much the one of this snapshot holds.
-- grain:   one row per statement
-- store:   warehouse
-- params:  snapshot_id BIGINT, statements IDS (snapshot ids of the statements)
-- returns: snapshot_id BIGINT, since TIMESTAMP, until TIMESTAMP, complete BOOLEAN, unmapped JSON,
--          executions BIGINT, activities BIGINT (rows of the snapshot's own statement, 0 for the others)
SELECT t.snapshot_id, t.since, t.until, t.complete, t.unmapped,
       CASE WHEN t.snapshot_id = :snapshot_id
            THEN (SELECT count(*) FROM statement_execution AS e WHERE e.snapshot_id = :snapshot_id) ELSE 0 END AS executions,
       CASE WHEN t.snapshot_id = :snapshot_id
            THEN (SELECT count(*) FROM statement_activity AS a WHERE a.snapshot_id = :snapshot_id) ELSE 0 END AS activities
FROM statement AS t
WHERE t.snapshot_id IN (
  SELECT CAST(one AS BIGINT)
  FROM (SELECT unnest(string_to_array(CAST(:statements AS VARCHAR), ',')) AS one) AS ids
)
ORDER BY t.since, t.snapshot_id
