-- quality_orders: every open order of one snapshot with one flag per check.
-- grain:   one row per stored order
-- params:  snapshot_id BIGINT, account_id TEXT, captured_at TIMESTAMP
-- returns: account_id TEXT, broker_order_id TEXT, client_order_id TEXT, instrument_id BIGINT, side TEXT, quantity DECIMAL,
--          filled_quantity DECIMAL, limit_price DECIMAL, state TEXT, venue_status TEXT, submitted_at TIMESTAMP,
--          account_differs BOOLEAN, quantity_not_positive BOOLEAN, filled_impossible BOOLEAN, state_unknown BOOLEAN,
--          not_live BOOLEAN, not_ours BOOLEAN, instrument_unmapped BOOLEAN, from_the_future BOOLEAN
SELECT o.account_id, o.broker_order_id, o.client_order_id, o.instrument_id, o.side, o.quantity, o.filled_quantity,
       o.limit_price, o.state, o.venue_status, o.submitted_at,
       o.account_id <> :account_id AS account_differs,
       o.quantity <= 0 AS quantity_not_positive,
       o.filled_quantity < 0 OR coalesce(o.filled_quantity > o.quantity, FALSE) AS filled_impossible,
       o.state = 'unknown' AS state_unknown,
       o.state IN ('filled', 'cancelled', 'expired', 'rejected', 'replaced') AS not_live,
       o.client_order_id IS NULL OR o.client_order_id NOT SIMILAR TO '[0-9a-f]{32}' AS not_ours,
       o.instrument_id IS NULL AS instrument_unmapped,
       o.submitted_at > :captured_at AS from_the_future
FROM snapshot_order AS o
WHERE o.snapshot_id = :snapshot_id
