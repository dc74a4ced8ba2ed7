-- report_source: the snapshot of a run with its statement's window.
-- grain:   one row, none for an unknown snapshot
-- params:  snapshot_id BIGINT
-- returns: captured_at TIMESTAMP, broker_time TIMESTAMP, completeness TEXT, status TEXT, reads BIGINT, positions BIGINT, reason TEXT,
--          proof JSON, unmapped JSON, since TIMESTAMP, until TIMESTAMP, statement_complete BOOLEAN, pages BIGINT, baseline_date DATE
SELECT s.captured_at, s.broker_time, s.completeness, s.status, s.reads, s.positions, s.reason, s.proof, s.unmapped,
       t.since, t.until, t.complete AS statement_complete, t.pages, t.baseline_date
FROM snapshot AS s
LEFT JOIN statement AS t ON t.snapshot_id = s.snapshot_id
WHERE s.snapshot_id = :snapshot_id
