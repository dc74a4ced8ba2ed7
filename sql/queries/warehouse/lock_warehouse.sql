-- lock_warehouse: wait until no other transaction writes to the warehouse; let go at its end.
-- grain:    one row
-- params:   key BIGINT (one number for all of tieout)
-- returns:  nothing
-- dialects: postgresql
SELECT pg_advisory_xact_lock(:key)
