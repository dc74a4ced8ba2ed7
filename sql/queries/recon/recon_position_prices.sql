-- recon_position_prices: positions whose price is too old, and positions in another currency than their instrument.
-- grain:   one row per position
-- store:   warehouse
-- params:  snapshot_id BIGINT, fresh_from TIMESTAMP (a price older than this is stale)
-- returns: instrument_id BIGINT, symbol TEXT, asset_class TEXT, quantity DECIMAL, market_price DECIMAL, multiplier DECIMAL,
--          priced_at TIMESTAMP, currency TEXT (of the instrument), broker_currency TEXT, is_stale BOOLEAN
SELECT p.instrument_id, i.symbol, i.asset_class, p.quantity, p.market_price, i.multiplier, p.priced_at, i.currency,
       p.currency AS broker_currency, coalesce(p.priced_at < :fresh_from, false) AS is_stale
FROM snapshot_position AS p
JOIN instrument AS i ON i.instrument_id = p.instrument_id
WHERE p.snapshot_id = :snapshot_id AND p.quantity <> 0 AND (p.priced_at < :fresh_from OR p.currency <> i.currency)
ORDER BY i.symbol
