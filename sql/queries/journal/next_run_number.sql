-- next_run_number: the number of the next run for an account and session, whatever its flow.
-- grain:   one row
-- store:   journal
-- params:  account_id TEXT, business_date DATE
-- returns: number INT (1 for the first)
SELECT coalesce(max(number), 0) + 1 AS number
FROM run
WHERE account_id = :account_id AND business_date = :business_date
