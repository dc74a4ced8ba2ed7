-- dashboard_quality: checks of snapshots by session: how many were made, how many failed, how many were critical.
-- grain:   one row per account and session, newest first, at most `most` sessions each
-- store:   warehouse
-- params:  account_id TEXT (null for all), most BIGINT
-- returns: account_id TEXT, business_date DATE, status TEXT, completeness TEXT, reason TEXT, checks BIGINT,
--          failed BIGINT, critical BIGINT
SELECT s.account_id, s.business_date, s.status, s.completeness, s.reason, count(q.expectation) AS checks,
       coalesce(SUM(CASE WHEN q.success THEN 0 WHEN q.expectation IS NULL THEN 0 ELSE 1 END), 0) AS failed,
       coalesce(SUM(CASE WHEN NOT q.success AND q.severity = 'critical' THEN 1 ELSE 0 END), 0) AS critical
FROM (
  SELECT account_id, business_date, status, completeness, reason, snapshot_id,
         row_number() OVER (PARTITION BY account_id ORDER BY business_date DESC) AS back
  FROM (
    SELECT account_id, business_date, status, completeness, reason, snapshot_id,
           row_number() OVER (PARTITION BY account_id, business_date ORDER BY captured_at DESC, snapshot_id DESC) AS again
    FROM snapshot
    WHERE CAST(:account_id AS VARCHAR) IS NULL OR account_id = :account_id
  ) AS looks
  WHERE again = 1
) AS s
LEFT JOIN quality_result AS q ON q.snapshot_id = s.snapshot_id
WHERE s.back <= :most
GROUP BY s.account_id, s.business_date, s.status, s.completeness, s.reason
ORDER BY s.business_date DESC, s.account_id
