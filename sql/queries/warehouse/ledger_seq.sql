-- ledger_seq: the last journal sequence that the ledger holds of an account.
-- grain:   one row
-- params:  account_id TEXT
-- returns: last_seq BIGINT (0 before the first posting)
SELECT coalesce(max(last_seq), 0) AS last_seq
FROM posting
WHERE account_id = :account_id
