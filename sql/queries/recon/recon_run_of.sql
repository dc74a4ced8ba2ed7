-- recon_run_of: the reconciliation that a run recorded.
-- grain:   at most one row
-- store:   warehouse
-- params:  run_id TEXT
-- returns: run_id TEXT, account_id TEXT, business_date DATE, state TEXT, coverage DECIMAL, rows_compared BIGINT,
--          breaks_opened BIGINT, breaks_closed BIGINT, breaks_open BIGINT, critical_open BIGINT, snapshot_id BIGINT,
--          ledger_seq BIGINT, inputs JSON, result TEXT, result_sha256 TEXT
SELECT run_id, account_id, business_date, state, coverage, rows_compared, breaks_opened, breaks_closed, breaks_open,
       critical_open, snapshot_id, ledger_seq, inputs, result, result_sha256
FROM recon_run
WHERE run_id = :run_id
