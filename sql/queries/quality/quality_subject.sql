-- quality_subject: what is known of one stored snapshot before its rows are looked at.
-- grain:   one row, none for an unknown snapshot
-- params:  snapshot_id BIGINT
-- returns: account_id TEXT, business_date DATE, captured_at TIMESTAMP, run_id TEXT, completeness TEXT, positions INT (rows the broker sent),
--          base_currency TEXT (currency of the balance that states equity; null where none does),
--          since TIMESTAMP (statement window, exclusive; null without a statement), until TIMESTAMP (inclusive),
--          baseline_id BIGINT (accepted snapshot of the session before; null at first), baseline_date DATE
SELECT s.account_id, s.business_date, s.captured_at, s.run_id, s.completeness, s.positions,
       (SELECT min(b.currency) FROM snapshot_balance AS b WHERE b.snapshot_id = s.snapshot_id AND b.equity IS NOT NULL) AS base_currency,
       t.since, t.until,
       coalesce(t.baseline_snapshot_id, e.snapshot_id) AS baseline_id,
       coalesce(t.baseline_date, e.business_date) AS baseline_date
FROM snapshot AS s
LEFT JOIN statement AS t ON t.snapshot_id = s.snapshot_id
LEFT JOIN (
  SELECT a.account_id, a.business_date, a.snapshot_id,
         row_number() OVER (ORDER BY a.business_date DESC, a.captured_at DESC) AS place
  FROM snapshot AS a
  JOIN snapshot AS now ON now.snapshot_id = :snapshot_id
  WHERE a.account_id = now.account_id AND a.status = 'accepted' AND a.business_date < now.business_date
) AS e ON e.place = 1
WHERE s.snapshot_id = :snapshot_id
