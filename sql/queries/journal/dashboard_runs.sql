-- dashboard_runs: runs of every flow, those that began last first.
-- grain:   one row per run, at most `most`
-- store:   journal
-- params:  account_id TEXT (null for all), most BIGINT
-- returns: run_id TEXT, account_id TEXT, flow TEXT, business_date DATE, state TEXT, started_at TIMESTAMP,
--          ended_at TIMESTAMP, flow_run_id TEXT
SELECT run_id, account_id, flow, business_date, state, started_at, ended_at, flow_run_id
FROM run
WHERE CAST(:account_id AS VARCHAR) IS NULL OR account_id = :account_id
ORDER BY started_at DESC, run_id
LIMIT :most
