-- standing_trades: executions of the book as they stand, with the session they were made in and the intent behind them.
-- A correction keeps the dates of the record that it corrects; who decided is the entry's intent for an exit at the venue.
-- grain:   one row per execution, its newest revision
-- store:   journal
-- params:  account_id TEXT (null for all), since DATE (inclusive), until DATE (inclusive),
--          cancelled BOOLEAN (those too that were taken back)
-- returns: account_id TEXT, execution_id TEXT, client_order_id TEXT, broker_order_id TEXT, instrument_id BIGINT, side TEXT,
--          quantity DECIMAL, price DECIMAL, fee DECIMAL, fee_currency TEXT, executed_at TIMESTAMP, status TEXT,
--          source TEXT, trade_date DATE, settles_on DATE, intent_id TEXT, strategy TEXT, detail JSON (of the intent)
SELECT e.account_id, e.execution_id, e.client_order_id, e.broker_order_id, e.instrument_id, e.side, e.quantity, e.price,
       e.fee, e.fee_currency, e.executed_at, e.status, e.source, f.business_date AS trade_date, f.settles_on,
       d.intent_id, g.strategy, d.detail
FROM execution AS f
JOIN (
    SELECT account_id, execution_id, max(revision) AS revision FROM execution GROUP BY account_id, execution_id
) AS l ON l.account_id = f.account_id AND l.execution_id = f.execution_id
JOIN execution AS e
  ON e.account_id = l.account_id AND e.execution_id = l.execution_id AND e.revision = l.revision
LEFT JOIN intent AS o ON o.account_id = e.account_id AND o.client_order_id = e.client_order_id
LEFT JOIN venue_exit AS x ON x.account_id = e.account_id AND x.broker_order_id = e.broker_order_id
LEFT JOIN intent AS d ON d.intent_id = coalesce(o.intent_id, x.intent_id)
LEFT JOIN signal AS g ON g.signal_id = d.signal_id
WHERE f.revision = 0 AND f.business_date >= :since AND f.business_date <= :until
  AND (CAST(:account_id AS VARCHAR) IS NULL OR f.account_id = :account_id)
  AND (CAST(:cancelled AS BOOLEAN) OR e.status <> 'cancelled')
ORDER BY e.executed_at, e.account_id, e.execution_id
