-- list_intents: our decisions to trade and how far each got, the oldest first; every filter may be left out.
-- grain:   one row per intent
-- store:   journal
-- params:  account_id TEXT (null for all), state TEXT (null for all), business_date DATE (null for all),
--          execution_window TEXT (null for all)
-- returns: intent_id TEXT, account_id TEXT, business_date DATE, execution_window TEXT, symbol TEXT, side TEXT,
--          quantity DECIMAL, filled DECIMAL, booked DECIMAL, order_type TEXT, limit_price DECIMAL, stop_price DECIMAL,
--          time_in_force TEXT, state TEXT, sends BIGINT, client_order_id TEXT, broker_order_id TEXT, parent_id TEXT,
--          average_price DECIMAL, slippage_bp DECIMAL (above zero is a cost), vwap_bp DECIMAL, vwap_of TEXT,
--          created_at TIMESTAMP, updated_at TIMESTAMP, detail JSON
SELECT i.intent_id, i.account_id, i.business_date, i."window" AS execution_window, s.symbol, i.side, i.quantity,
       i.filled, i.booked, i.order_type, i.limit_price, i.stop_price, i.time_in_force, i.state, i.sends,
       i.client_order_id, i.broker_order_id, i.parent_id, f.average_price, f.slippage_bp, f.vwap_bp, f.vwap_of,
       i.created_at, i.updated_at, i.detail
FROM intent AS i
LEFT JOIN instrument AS s ON s.instrument_id = i.instrument_id
LEFT JOIN fill_figures AS f ON f.intent_id = i.intent_id
WHERE (CAST(:account_id AS VARCHAR) IS NULL OR i.account_id = :account_id)
  AND (CAST(:state AS VARCHAR) IS NULL OR i.state = :state)
  AND (CAST(:business_date AS DATE) IS NULL OR i.business_date = :business_date)
  AND (CAST(:execution_window AS VARCHAR) IS NULL OR i."window" = :execution_window)
ORDER BY i.created_at, i.intent_id
