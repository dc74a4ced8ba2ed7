-- hold_in_escrow: units that an intent may still trade, kept at one account; once released they may be held again.
-- grain:   one row per intent, account, instrument and side
-- store:   journal
-- params:  intent_id TEXT, account_id TEXT, symbol TEXT, side TEXT, quantity DECIMAL, since TIMESTAMP, why TEXT
-- returns: nothing
INSERT INTO escrow (intent_id, account_id, instrument_id, side, quantity, since, why)
SELECT CAST(:intent_id AS VARCHAR), CAST(:account_id AS VARCHAR), i.instrument_id, :side, :quantity, :since, :why
FROM instrument AS i
WHERE i.symbol = :symbol
ON CONFLICT (intent_id, account_id, instrument_id, side) DO UPDATE
SET quantity = excluded.quantity, released_at = NULL, why = excluded.why
