-- dashboard_brokers: how each account's broker is, as it was probed last.
-- grain:   one row per account
-- store:   journal
-- params:  account_id TEXT (null for all)
-- returns: account_id TEXT, broker TEXT, state TEXT, since TIMESTAMP, checked_at TIMESTAMP, latency_ms INT,
--          requests_left INT, requests_most INT, reason TEXT
SELECT account_id, broker, state, since, checked_at, latency_ms, requests_left, requests_most, reason
FROM broker_health
WHERE CAST(:account_id AS VARCHAR) IS NULL OR account_id = :account_id
ORDER BY account_id
