-- open_lots: what is left of each acquisition, oldest first.
-- grain:   one row per lot that still holds units or cost
-- params:  account_id TEXT
-- returns: lot_id TEXT, instrument_id BIGINT, acquired_on DATE, quantity DECIMAL, cost_basis DECIMAL
SELECT lot_id, instrument_id, min(acquired_on) AS acquired_on,
       CAST(sum(quantity) AS NUMERIC(38, 18)) AS quantity, CAST(sum(cost_basis) AS NUMERIC(38, 18)) AS cost_basis
FROM lot
WHERE account_id = :account_id
GROUP BY lot_id, instrument_id
HAVING sum(quantity) <> 0 OR sum(cost_basis) <> 0
ORDER BY min(acquired_on), min(seq), lot_id
