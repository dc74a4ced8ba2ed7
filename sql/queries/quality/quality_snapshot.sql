-- quality_snapshot: the snapshot itself, beside what is stored with it, with one flag per check.
--          An unmapped row is a warning while cash and the mapped positions make equity, for then it is worth nothing;
--          where that cannot be shown (equity_proven) it may carry value, and the snapshot is not to be trusted.
-- grain:   one row
-- params:  snapshot_id BIGINT, account_id TEXT, business_date DATE, captured_at TIMESTAMP, equity_proven BOOLEAN
-- returns: snapshot_id BIGINT, account_id TEXT, business_date DATE, captured_at TIMESTAMP, completeness TEXT,
--          notes JSON (what the proof says of parts that are missing),
--          off_rules JSON (rows that do not sit on the market's steps and limits),
--          positions INT (rows the broker sent and we mapped), unmapped_rows INT, balances INT, statement_unmapped INT,
--          incomplete BOOLEAN, other_subject BOOLEAN, balance_missing BOOLEAN, equity_unstated BOOLEAN, unmapped BOOLEAN,
--          unmapped_of_value BOOLEAN, statement_missing BOOLEAN, statement_incomplete BOOLEAN, statement_rows_unmapped BOOLEAN,
--          rows_off_rules BOOLEAN
SELECT s.snapshot_id, s.account_id, s.business_date, s.captured_at, s.completeness, s.notes, s.off_rules, s.positions,
       s.unmapped_rows, s.balances, s.statement_unmapped,
       s.completeness <> 'complete' AS incomplete,
       s.account_id <> :account_id OR s.business_date <> :business_date OR s.captured_at <> :captured_at AS other_subject,
       s.balances = 0 AS balance_missing,
       s.balances > 0 AND s.equities = 0 AS equity_unstated,
       s.unmapped_rows > 0 AS unmapped,
       s.unmapped_rows > 0 AND NOT :equity_proven AS unmapped_of_value,
       s.statement_complete IS NULL AS statement_missing,
       NOT s.statement_complete AS statement_incomplete,
       s.statement_unmapped > 0 AS statement_rows_unmapped,
       s.off_rules IS NOT NULL AND s.off_rules <> '[]' AS rows_off_rules
FROM (
  SELECT n.snapshot_id, n.account_id, n.business_date, n.captured_at, n.completeness, n.positions,
         CAST(n.proof AS JSON) ->> 'notes' AS notes,
         CAST(n.proof AS JSON) ->> 'off_rules' AS off_rules,
         json_array_length(CAST(n.unmapped AS JSON)) AS unmapped_rows,
         (SELECT count(*) FROM snapshot_balance AS b WHERE b.snapshot_id = :snapshot_id) AS balances,
         (SELECT count(b.equity) FROM snapshot_balance AS b WHERE b.snapshot_id = :snapshot_id) AS equities,
         t.complete AS statement_complete,
         json_array_length(CAST(t.unmapped AS JSON)) AS statement_unmapped
  FROM snapshot AS n
  LEFT JOIN statement AS t ON t.snapshot_id = n.snapshot_id
  WHERE n.snapshot_id = :snapshot_id
) AS s
