-- report_exposure: market value by asset class, long and short apart.
-- grain:   one row per asset class
-- params:  snapshot_id BIGINT
-- returns: asset_class TEXT, long_value DECIMAL, short_value DECIMAL
SELECT asset_class,
       SUM(CASE WHEN market_value > 0 THEN market_value ELSE 0 END) AS long_value,
       SUM(CASE WHEN market_value < 0 THEN market_value ELSE 0 END) AS short_value
FROM snapshot_position
WHERE snapshot_id = :snapshot_id
GROUP BY asset_class
ORDER BY asset_class
