-- quality_of_snapshot: what each suite found in one snapshot: how many checks passed, and every check that did not.
-- grain:   one row per account, suite, severity and failed expectation; passed ones are counted together
-- params:  snapshot_id BIGINT
-- returns: account_id TEXT, suite TEXT, severity TEXT, result TEXT, checks BIGINT, observed TEXT
SELECT account_id, suite, severity,
       CASE WHEN success THEN 'passed' ELSE 'failed: ' || expectation END AS result,
       count(*) AS checks,
       CASE WHEN success THEN '' ELSE min(observed) END AS observed
FROM quality_result
WHERE snapshot_id = :snapshot_id
GROUP BY account_id, suite, severity, success, CASE WHEN success THEN 'passed' ELSE 'failed: ' || expectation END
ORDER BY account_id, success, suite, severity
