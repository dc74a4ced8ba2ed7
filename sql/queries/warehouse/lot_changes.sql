-- lot_changes: what one journal record did to the lots.
-- grain:   one row per lot it touched
-- params:  account_id TEXT, seq BIGINT
-- returns: lot_id TEXT, instrument_id BIGINT, seq BIGINT, acquired_on DATE, quantity DECIMAL, cost_basis DECIMAL,
--          business_date DATE
SELECT lot_id, instrument_id, seq, acquired_on, quantity, cost_basis, business_date
FROM lot
WHERE account_id = :account_id AND seq = :seq
ORDER BY lot_id
