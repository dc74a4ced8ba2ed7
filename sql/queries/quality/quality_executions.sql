-- quality_executions: every execution of one snapshot's statement with one flag per check.
--          A correction or bust carries the time of the trade it changes, so only new executions must lie in the window.
--          Futures have traded below zero (crude oil, April 2020); everything else is paid for.
-- grain:   one row per stored execution
-- params:  snapshot_id BIGINT, account_id TEXT, base_currency TEXT, since TIMESTAMP (exclusive), until TIMESTAMP (inclusive),
--          captured_at TIMESTAMP
-- returns: account_id TEXT, execution_id TEXT, client_order_id TEXT, instrument_id BIGINT, side TEXT, quantity DECIMAL,
--          price DECIMAL, fee DECIMAL, fee_currency TEXT, executed_at TIMESTAMP, status TEXT, account_differs BOOLEAN,
--          quantity_not_positive BOOLEAN, price_not_positive BOOLEAN, fee_currency_malformed BOOLEAN, outside_window BOOLEAN,
--          after_capture BOOLEAN, not_ours BOOLEAN, fee_too_large BOOLEAN
SELECT e.account_id, e.execution_id, e.client_order_id, e.instrument_id, e.side, e.quantity, e.price, e.fee,
       e.fee_currency, e.executed_at, e.status,
       e.account_id <> :account_id AS account_differs,
       e.quantity <= 0 AS quantity_not_positive,
       e.price <= 0 AND NOT EXISTS (
         SELECT 1 FROM instrument AS i WHERE i.instrument_id = e.instrument_id AND i.asset_class = 'future'
       ) AS price_not_positive,
       e.fee_currency <> :base_currency AND e.fee_currency NOT SIMILAR TO '[A-Z0-9]{2,12}' AS fee_currency_malformed,
       e.status = 'executed' AND (e.executed_at <= :since OR e.executed_at > :until) AS outside_window,
       e.executed_at > :captured_at AS after_capture,
       e.client_order_id IS NOT NULL AND e.client_order_id NOT SIMILAR TO '[0-9a-f]{32}' AS not_ours,
       EXISTS (
         -- a twentieth of what was traded: no venue charges so much, but a fee that is told in the wrong coin looks so
         SELECT 1 FROM instrument AS i
         WHERE i.instrument_id = e.instrument_id AND i.asset_class IN ('crypto', 'perpetual')
           AND ((e.fee_currency = i.underlying AND e.fee > e.quantity / 20) OR (e.fee_currency = i.currency AND e.fee > abs(e.amount) / 20))
       ) AS fee_too_large
FROM statement_execution AS e
WHERE e.snapshot_id = :snapshot_id
