-- record_broker_order: what the venue said last of an order; a report older than the one we have changes nothing.
-- grain:   one row per account and broker order id
-- store:   journal
-- params:  account_id TEXT, broker_order_id TEXT, client_order_id TEXT, symbol TEXT, side TEXT, quantity DECIMAL,
--          filled_quantity DECIMAL, average_fill_price DECIMAL, limit_price DECIMAL, state TEXT, venue_status TEXT,
--          submitted_at TIMESTAMP, updated_at TIMESTAMP
-- returns: nothing
INSERT INTO broker_order (
    account_id, broker_order_id, client_order_id, instrument_id, side, quantity, filled_quantity, average_fill_price,
    limit_price, state, venue_status, submitted_at, updated_at
)
VALUES (
    :account_id, :broker_order_id, :client_order_id,
    (SELECT i.instrument_id FROM instrument AS i WHERE i.symbol = :symbol),
    :side, :quantity, :filled_quantity, :average_fill_price, :limit_price, :state, :venue_status, :submitted_at,
    :updated_at
)
ON CONFLICT (account_id, broker_order_id) DO UPDATE
SET client_order_id = excluded.client_order_id, instrument_id = excluded.instrument_id, side = excluded.side,
    quantity = excluded.quantity, filled_quantity = excluded.filled_quantity,
    average_fill_price = excluded.average_fill_price, limit_price = excluded.limit_price, state = excluded.state,
    venue_status = excluded.venue_status, submitted_at = excluded.submitted_at, updated_at = excluded.updated_at
WHERE excluded.updated_at >= broker_order.updated_at
