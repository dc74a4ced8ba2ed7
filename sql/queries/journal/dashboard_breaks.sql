-- dashboard_breaks: open breaks, the heaviest and oldest first.
-- grain:   one row per open break, at most `most`
-- store:   journal
-- params:  account_id TEXT (null for all), most BIGINT
-- returns: break_id TEXT, account_id TEXT, kind TEXT, cause TEXT, severity TEXT, subject TEXT, ours DECIMAL,
--          theirs DECIMAL, first_seen DATE, age_sessions INT, money_at_risk DECIMAL, currency TEXT, owner TEXT,
--          explanation TEXT, total BIGINT (rows without the limit)
SELECT break_id, account_id, kind, cause, severity, subject, ours, theirs, first_seen, age_sessions, money_at_risk,
       currency, owner, explanation, count(*) OVER () AS total
FROM break_case
WHERE state = 'open' AND (CAST(:account_id AS VARCHAR) IS NULL OR account_id = :account_id)
ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, age_sessions DESC, break_id
LIMIT :most
