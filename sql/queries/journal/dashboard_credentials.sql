-- dashboard_credentials: every account's credential as it was last checked.
-- grain:   one row per account
-- store:   journal
-- params:  account_id TEXT (null for all)
-- returns: account_id TEXT, reference TEXT, mode TEXT, checked_at TIMESTAMP, expires_at TIMESTAMP, healthy BOOLEAN
SELECT account_id, reference, mode, checked_at, expires_at, healthy
FROM credential_state
WHERE CAST(:account_id AS VARCHAR) IS NULL OR account_id = :account_id
ORDER BY account_id
