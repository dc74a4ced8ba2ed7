-- fills_of_order: the executions that were booked for an order, each as it stands after corrections and busts.
-- grain:   one row per execution
-- store:   journal
-- params:  account_id TEXT, client_order_id TEXT
-- returns: execution_id TEXT, instrument_id BIGINT, side TEXT, quantity DECIMAL, price DECIMAL, fee DECIMAL,
--          fee_currency TEXT, executed_at TIMESTAMP, client_order_id TEXT, broker_order_id TEXT, status TEXT
SELECT e.execution_id, e.instrument_id, e.side, e.quantity, e.price, e.fee, e.fee_currency, e.executed_at,
       e.client_order_id, e.broker_order_id, e.status
FROM execution AS e
WHERE e.account_id = :account_id AND e.client_order_id = :client_order_id
  AND e.revision = (
      SELECT max(later.revision) FROM execution AS later
      WHERE later.account_id = e.account_id AND later.execution_id = e.execution_id
  )
ORDER BY e.executed_at, e.execution_id
