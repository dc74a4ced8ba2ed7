-- dashboard_alerts: what people were told and is not over, the heaviest and newest first.
-- grain:   one row per subject, at most `most`
-- store:   journal
-- params:  account_id TEXT (null for all; those about no account are always there), most BIGINT
-- returns: alert_id BIGINT, account_id TEXT, severity TEXT, title TEXT, state TEXT, first_seen TIMESTAMP,
--          last_seen TIMESTAMP, occurrences INT, tellings INT, taken_by TEXT, until TIMESTAMP
SELECT alert_id, account_id, severity, title, state, first_seen, last_seen, occurrences, tellings, taken_by, until
FROM alert
WHERE state <> 'over' AND (CAST(:account_id AS VARCHAR) IS NULL OR account_id IS NULL OR account_id = :account_id)
ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, last_seen DESC, alert_id
LIMIT :most
