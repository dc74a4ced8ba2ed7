-- report_run: what a reconciliation recorded: the book it saw, and how much it could compare.
-- grain:   one row, none for a run that did not reconcile
-- store:   warehouse
-- params:  run_id TEXT
-- returns: ledger_seq BIGINT, inputs JSON, result JSON, result_sha256 TEXT
SELECT ledger_seq, inputs, result, result_sha256
FROM recon_run
WHERE run_id = :run_id AND result <> ''
