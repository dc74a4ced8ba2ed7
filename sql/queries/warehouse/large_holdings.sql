-- large_holdings: shares and options of each account's newest accepted snapshot, and which accounts have one.
-- grain:   one row per account and position; one with no instrument where an account holds neither shares nor options
-- store:   warehouse
-- params:  until DATE (inclusive)
-- returns: account_id TEXT, business_date DATE, instrument_id BIGINT, quantity DECIMAL, market_value DECIMAL (signed)
SELECT n.account_id, n.business_date, p.instrument_id, p.quantity, p.market_value
FROM (
  SELECT account_id, snapshot_id, business_date,
         row_number() OVER (PARTITION BY account_id ORDER BY business_date DESC, captured_at DESC, snapshot_id DESC) AS nth
  FROM snapshot
  WHERE status = 'accepted' AND business_date <= CAST(:until AS DATE)
) AS n
LEFT JOIN snapshot_position AS p
  ON p.snapshot_id = n.snapshot_id AND p.asset_class IN ('equity', 'option') AND p.quantity <> 0
WHERE n.nth = 1
ORDER BY n.account_id, p.instrument_id
