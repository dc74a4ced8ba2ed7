-- report_source: the snapshot of a run with its statement's window and the age of its prices.
-- grain:   one row, none for an unknown snapshot
-- store:   warehouse
-- params:  snapshot_id BIGINT
-- returns: captured_at TIMESTAMP, broker_time TIMESTAMP, completeness TEXT, status TEXT, reads BIGINT, positions BIGINT,
--          reason TEXT, proof JSON, unmapped JSON, since TIMESTAMP, until TIMESTAMP, statement_complete BOOLEAN,
--          pages BIGINT, statement_unmapped JSON, baseline_date DATE, oldest_price TIMESTAMP
SELECT s.captured_at, s.broker_time, s.completeness, s.status, s.reads, s.positions, s.reason, s.proof, s.unmapped,
       t.since, t.until, t.complete AS statement_complete, t.pages, t.unmapped AS statement_unmapped, t.baseline_date,
       (SELECT min(p.priced_at) FROM snapshot_position AS p WHERE p.snapshot_id = s.snapshot_id) AS oldest_price
FROM snapshot AS s
LEFT JOIN statement AS t ON t.snapshot_id = s.snapshot_id
WHERE s.snapshot_id = :snapshot_id
