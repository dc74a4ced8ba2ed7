-- recon_open_orders: orders that the broker says are open.
-- grain:   one row per order
-- store:   warehouse
-- params:  snapshot_id BIGINT
-- returns: broker_order_id TEXT, client_order_id TEXT, instrument_id BIGINT, symbol TEXT, asset_class TEXT, currency TEXT,
--          multiplier DECIMAL, side TEXT, quantity DECIMAL (above zero), filled_quantity DECIMAL, limit_price DECIMAL,
--          state TEXT, venue_status TEXT, price DECIMAL (market price in the snapshot)
SELECT o.broker_order_id, o.client_order_id, o.instrument_id, i.symbol, i.asset_class, i.currency, i.multiplier, o.side,
       o.quantity, o.filled_quantity, o.limit_price, o.state, o.venue_status, p.market_price AS price
FROM snapshot_order AS o
LEFT JOIN instrument AS i ON i.instrument_id = o.instrument_id
LEFT JOIN snapshot_position AS p ON p.snapshot_id = o.snapshot_id AND p.instrument_id = o.instrument_id
WHERE o.snapshot_id = :snapshot_id
ORDER BY o.broker_order_id
