-- reserved_units: what intents keep at an account: its own, and those whose rest may go there.
-- An intent that risk has not agreed to yet keeps nothing, unless it goes on with the rest of another. What ended without
-- its proof keeps its units until its time is over. Sums are made by the reader: SQLite has no exact ones.
-- grain:   one row per intent, instrument and side
-- store:   journal
-- params:  account_id TEXT, now TIMESTAMP
-- returns: intent_id TEXT, owner TEXT (the intent's account), client_order_id TEXT, state TEXT, instrument_id BIGINT,
--          side TEXT, quantity DECIMAL (units of the instrument), ordered DECIMAL, filled DECIMAL, booked DECIMAL,
--          limit_price DECIMAL, stop_price DECIMAL, detail JSON
SELECT e.intent_id, i.account_id AS owner, i.client_order_id, i.state, e.instrument_id, e.side, e.quantity,
       i.quantity AS ordered, i.filled, i.booked, i.limit_price, i.stop_price, i.detail
FROM escrow AS e
JOIN intent AS i ON i.intent_id = e.intent_id
WHERE e.account_id = :account_id AND e.released_at IS NULL
  AND (i.state <> 'planned' OR i.parent_id IS NOT NULL)
  AND (i.state NOT IN ('rejected', 'cancelled', 'expired') OR i.valid_until IS NULL OR i.valid_until > :now)
ORDER BY i.created_at, e.intent_id, e.instrument_id, e.side
