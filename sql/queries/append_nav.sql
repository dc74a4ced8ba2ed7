-- append_nav: net asset value by currency as the broker states it, once per run. Where it states none, cash and what the
--          positions add: the unrealised result of what is held on margin, the market value of all else. Where a figure
--          of these is missing nothing is written, for a value that is too low would look like a loss.
-- grain:   inserts one row per currency of the snapshot's balances
-- store:   warehouse
-- params:  snapshot_id BIGINT, run_id TEXT
-- returns: nothing
INSERT INTO nav (account_id, business_date, run_id, currency, cash, long_value, short_value, equity, source)
SELECT s.account_id, s.business_date, CAST(:run_id AS VARCHAR), b.currency, b.cash,
       coalesce(v.long_value, 0), coalesce(v.short_value, 0),
       coalesce(b.equity, b.cash + coalesce(v.adds, 0)), 'broker'
FROM snapshot_balance AS b
JOIN snapshot AS s ON s.snapshot_id = b.snapshot_id
LEFT JOIN (
  SELECT currency,
         sum(CASE WHEN market_value > 0 THEN market_value ELSE 0 END) AS long_value,
         sum(CASE WHEN market_value < 0 THEN market_value ELSE 0 END) AS short_value,
         sum(CASE WHEN asset_class IN ('perpetual', 'future', 'forex', 'cfd') THEN unrealized_pnl
                  WHEN asset_class = 'cash' THEN 0 ELSE market_value END) AS adds,
         count(CASE WHEN asset_class IN ('perpetual', 'future', 'forex', 'cfd') THEN CASE WHEN unrealized_pnl IS NULL THEN 1 END
                    WHEN asset_class <> 'cash' AND market_value IS NULL THEN 1 END) AS missing
  FROM snapshot_position
  WHERE snapshot_id = :snapshot_id
  GROUP BY currency
) AS v ON v.currency = b.currency
WHERE b.snapshot_id = :snapshot_id
  AND (b.equity IS NOT NULL OR coalesce(v.missing, 0) = 0)
  AND NOT EXISTS (SELECT 1 FROM nav AS known WHERE known.run_id = CAST(:run_id AS VARCHAR))
