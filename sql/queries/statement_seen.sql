-- statement_seen: ids that accepted statements of earlier sessions held.
-- grain:   one row per record kind, id and status
-- store:   warehouse
-- params:  account_id TEXT, business_date DATE (exclusive), since TIMESTAMP (statements that end after it count)
-- returns: record_kind TEXT, record_id TEXT, status TEXT
WITH earlier AS (
  SELECT t.snapshot_id
  FROM statement AS t
  JOIN snapshot AS s ON s.snapshot_id = t.snapshot_id
  WHERE t.account_id = :account_id AND s.status = 'accepted'
    AND s.business_date < :business_date AND t.until > :since
)
SELECT 'execution' AS record_kind, e.execution_id AS record_id, e.status
FROM statement_execution AS e
WHERE e.snapshot_id IN (SELECT snapshot_id FROM earlier)
UNION
SELECT 'activity' AS record_kind, a.activity_id AS record_id, a.status
FROM statement_activity AS a
WHERE a.snapshot_id IN (SELECT snapshot_id FROM earlier)
