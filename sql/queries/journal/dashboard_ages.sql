-- dashboard_ages: open breaks counted by age and severity.
-- grain:   one row per age and severity
-- store:   journal
-- params:  account_id TEXT (null for all)
-- returns: age_sessions INT, severity TEXT, breaks BIGINT
SELECT age_sessions, severity, count(*) AS breaks
FROM break_case
WHERE state = 'open' AND (CAST(:account_id AS VARCHAR) IS NULL OR account_id = :account_id)
GROUP BY age_sessions, severity
ORDER BY age_sessions, severity
