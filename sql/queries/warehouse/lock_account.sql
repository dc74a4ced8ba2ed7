-- lock_account: wait until nobody writes to this account's rows, nor to the warehouse as a whole; let go at the end.
-- grain:    one row
-- params:   key BIGINT (one number for all of tieout), account_id TEXT
-- returns:  nothing
-- dialects: postgresql
SELECT pg_advisory_xact_lock_shared(:key), pg_advisory_xact_lock(hashtextextended(:account_id, :key))
