-- dashboard_positions: what the newest accepted snapshots show, the largest first.
-- grain:   one row per account and instrument, at most `most`
-- store:   warehouse
-- params:  account_id TEXT (null for all), most BIGINT
-- returns: account_id TEXT, symbol TEXT, asset_class TEXT, currency TEXT, quantity DECIMAL, market_price DECIMAL,
--          market_value DECIMAL, unrealized_pnl DECIMAL, equity DECIMAL, total BIGINT (rows without the limit)
SELECT p.account_id, p.symbol, p.asset_class, p.currency, p.quantity, p.market_price, p.market_value, p.unrealized_pnl,
       b.equity, count(*) OVER () AS total
FROM (
  SELECT account_id, snapshot_id, row_number() OVER (PARTITION BY account_id ORDER BY captured_at DESC, snapshot_id DESC) AS back
  FROM snapshot
  WHERE status = 'accepted' AND (CAST(:account_id AS VARCHAR) IS NULL OR account_id = :account_id)
) AS s
JOIN snapshot_position AS p ON p.snapshot_id = s.snapshot_id
LEFT JOIN snapshot_balance AS b ON b.snapshot_id = s.snapshot_id AND b.currency = p.currency
WHERE s.back = 1
ORDER BY abs(coalesce(p.market_value, 0)) DESC, p.symbol, p.account_id
LIMIT :most
