-- dashboard_closes: how each account's last closes ended, the newest first.
-- grain:   one row per account and session, at most `most` sessions each
-- store:   warehouse
-- params:  account_id TEXT (null for all), most BIGINT
-- returns: account_id TEXT, business_date DATE, state TEXT, coverage DECIMAL, rows_compared BIGINT, breaks_open BIGINT,
--          critical_open BIGINT
SELECT account_id, business_date, state, coverage, rows_compared, breaks_open, critical_open
FROM (
  SELECT account_id, business_date, state, coverage, rows_compared, breaks_open, critical_open,
         row_number() OVER (PARTITION BY account_id ORDER BY business_date DESC) AS back
  FROM (
    SELECT account_id, business_date, state, coverage, rows_compared, breaks_open, critical_open,
           row_number() OVER (PARTITION BY account_id, business_date ORDER BY finished_at DESC) AS again
    FROM recon_run
    WHERE CAST(:account_id AS VARCHAR) IS NULL OR account_id = :account_id
  ) AS runs
  WHERE again = 1
) AS sessions
WHERE back <= :most
ORDER BY account_id, business_date DESC
