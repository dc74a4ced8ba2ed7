-- dashboard_options: options held by the newest accepted snapshots, the next to expire first.
-- grain:   one row per account and contract
-- store:   warehouse
-- params:  account_id TEXT (null for all), from_date DATE (inclusive), most BIGINT
-- returns: account_id TEXT, instrument_id BIGINT, symbol TEXT, underlying TEXT, expiration DATE, option_right TEXT,
--          strike DECIMAL, quantity DECIMAL, market_value DECIMAL, currency TEXT, total BIGINT (rows without the limit)
SELECT p.account_id, p.instrument_id, p.symbol, i.underlying, i.expiration, i.option_right, i.strike, p.quantity,
       p.market_value, p.currency, count(*) OVER () AS total
FROM (
  SELECT account_id, snapshot_id, row_number() OVER (PARTITION BY account_id ORDER BY captured_at DESC, snapshot_id DESC) AS back
  FROM snapshot
  WHERE status = 'accepted' AND (CAST(:account_id AS VARCHAR) IS NULL OR account_id = :account_id)
) AS s
JOIN snapshot_position AS p ON p.snapshot_id = s.snapshot_id
JOIN instrument AS i ON i.instrument_id = p.instrument_id
WHERE s.back = 1 AND i.expiration IS NOT NULL AND i.option_right IS NOT NULL AND i.expiration >= CAST(:from_date AS DATE)
ORDER BY i.expiration, p.account_id, p.symbol
LIMIT :most
