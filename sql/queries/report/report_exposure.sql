-- report_exposure: market value by asset class, long and short apart.
-- grain:   one row per currency and asset class
-- store:   warehouse
-- params:  snapshot_id BIGINT
-- returns: currency TEXT, asset_class TEXT, long_value DECIMAL, short_value DECIMAL, unpriced BIGINT (positions without a value)
SELECT currency, asset_class,
       SUM(CASE WHEN market_value > 0 THEN market_value ELSE 0 END) AS long_value,
       SUM(CASE WHEN market_value < 0 THEN market_value ELSE 0 END) AS short_value,
       SUM(CASE WHEN market_value IS NULL THEN 1 ELSE 0 END) AS unpriced
FROM snapshot_position
WHERE snapshot_id = :snapshot_id
GROUP BY currency, asset_class
ORDER BY currency, asset_class
