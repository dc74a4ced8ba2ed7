-- dashboard_exposure: market value of the newest accepted snapshots by class, long and short apart.
-- grain:   one row per currency and asset class
-- store:   warehouse
-- params:  account_id TEXT (null for all)
-- returns: currency TEXT, asset_class TEXT, long_value DECIMAL, short_value DECIMAL, unpriced BIGINT
SELECT p.currency, p.asset_class,
       SUM(CASE WHEN p.market_value > 0 THEN p.market_value ELSE 0 END) AS long_value,
       SUM(CASE WHEN p.market_value < 0 THEN p.market_value ELSE 0 END) AS short_value,
       SUM(CASE WHEN p.market_value IS NULL THEN 1 ELSE 0 END) AS unpriced
FROM (
  SELECT account_id, snapshot_id, row_number() OVER (PARTITION BY account_id ORDER BY captured_at DESC, snapshot_id DESC) AS back
  FROM snapshot
  WHERE status = 'accepted' AND (CAST(:account_id AS VARCHAR) IS NULL OR account_id = :account_id)
) AS s
JOIN snapshot_position AS p ON p.snapshot_id = s.snapshot_id
WHERE s.back = 1
GROUP BY p.currency, p.asset_class
ORDER BY p.currency, p.asset_class
