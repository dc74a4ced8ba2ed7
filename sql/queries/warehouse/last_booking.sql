-- last_booking: where a journal record was last booked, and the profit it realised on its instrument.
-- grain:   one row, or none for a record that moved nothing
-- params:  account_id TEXT, record_kind TEXT, record_id TEXT
-- returns: seq BIGINT, realized_pnl DECIMAL
SELECT seq, CAST(sum(CASE WHEN instrument_id IS NULL THEN 0 ELSE realized_pnl END) AS NUMERIC(38, 18)) AS realized_pnl
FROM ledger_entry
WHERE account_id = :account_id AND record_kind = :record_kind AND record_id = :record_id AND event <> 'reversal'
GROUP BY seq
ORDER BY seq DESC
LIMIT 1
