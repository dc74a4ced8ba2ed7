-- dashboard_orders: decisions to trade as they stand, those that changed last first.
-- grain:   one row per intent, at most `most`
-- store:   journal
-- params:  account_id TEXT (null for all), most BIGINT
-- returns: intent_id TEXT, account_id TEXT, business_date DATE, execution_window TEXT, symbol TEXT, side TEXT,
--          quantity DECIMAL, filled DECIMAL, order_type TEXT, limit_price DECIMAL, currency TEXT, state TEXT,
--          updated_at TIMESTAMP
SELECT i.intent_id, i.account_id, i.business_date, i."window" AS execution_window, s.symbol, i.side, i.quantity,
       i.filled, i.order_type, i.limit_price, s.currency, i.state, i.updated_at
FROM intent AS i
LEFT JOIN instrument AS s ON s.instrument_id = i.instrument_id
WHERE CAST(:account_id AS VARCHAR) IS NULL OR i.account_id = :account_id
ORDER BY i.updated_at DESC, i.intent_id
LIMIT :most
