-- report_failed_checks: the expectations that a snapshot did not meet, with some of the rows.
-- grain:   one row per expectation, critical ones first
-- store:   warehouse
-- params:  snapshot_id BIGINT
-- returns: suite TEXT, expectation TEXT, severity TEXT, observed TEXT, rows_failed BIGINT, sample JSON
SELECT suite, expectation, severity, observed, rows_failed, sample
FROM quality_result
WHERE snapshot_id = :snapshot_id AND NOT success
ORDER BY severity, suite, expectation
