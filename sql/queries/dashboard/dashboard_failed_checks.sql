-- dashboard_failed_checks: what failed in the newest snapshot of each account, accepted or not.
-- grain:   one row per account and expectation
-- store:   warehouse
-- params:  account_id TEXT (null for all), most BIGINT
-- returns: account_id TEXT, business_date DATE, suite TEXT, expectation TEXT, severity TEXT, observed TEXT,
--          rows_failed BIGINT
SELECT s.account_id, s.business_date, q.suite, q.expectation, q.severity, q.observed, q.rows_failed
FROM (
  SELECT account_id, business_date, snapshot_id, row_number() OVER (PARTITION BY account_id ORDER BY captured_at DESC, snapshot_id DESC) AS back
  FROM snapshot
  WHERE CAST(:account_id AS VARCHAR) IS NULL OR account_id = :account_id
) AS s
JOIN quality_result AS q ON q.snapshot_id = s.snapshot_id
WHERE s.back = 1 AND NOT q.success
ORDER BY q.severity, s.account_id, q.expectation
LIMIT :most
