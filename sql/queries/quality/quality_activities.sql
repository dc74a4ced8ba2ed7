-- quality_activities: every activity of one snapshot's statement with one flag per check.
-- grain:   one row per stored activity
-- params:  snapshot_id BIGINT, account_id TEXT, base_currency TEXT, captured_at TIMESTAMP
-- returns: account_id TEXT, activity_id TEXT, kind TEXT, venue_kind TEXT, instrument_id BIGINT, quantity DECIMAL,
--          price DECIMAL, amount DECIMAL, currency TEXT, occurred_at TIMESTAMP, ratio DECIMAL, status TEXT,
--          account_differs BOOLEAN, kind_unknown BOOLEAN, currency_malformed BOOLEAN, after_capture BOOLEAN,
--          instrument_missing BOOLEAN, ratio_missing BOOLEAN, price_negative BOOLEAN, funding_moves_units BOOLEAN,
--          funding_one_way BOOLEAN, closing_without_units BOOLEAN
SELECT a.account_id, a.activity_id, a.kind, a.venue_kind, a.instrument_id, a.quantity, a.price, a.amount, a.currency,
       a.occurred_at, a.ratio, a.status,
       a.account_id <> :account_id AS account_differs,
       a.kind = 'other' AS kind_unknown,
       a.currency <> :base_currency AND a.currency NOT SIMILAR TO '[A-Z0-9]{2,12}' AS currency_malformed,
       a.occurred_at > :captured_at AS after_capture,
       a.quantity <> 0 AND a.instrument_id IS NULL AS instrument_missing,
       a.kind = 'split' AND (a.ratio IS NULL OR a.ratio <= 0) AS ratio_missing,
       a.price < 0 AS price_negative,
       a.kind = 'funding' AND a.quantity <> 0 AS funding_moves_units,
       a.kind = 'funding' AND a.amount <> 0 AND EXISTS (
         -- the legs of one contract stand on both sides of the same payment
         SELECT 1
         FROM statement_activity AS b
         JOIN instrument AS ours ON ours.instrument_id = a.instrument_id
         JOIN instrument AS other ON other.instrument_id = b.instrument_id
         WHERE b.snapshot_id = a.snapshot_id AND b.kind = 'funding' AND b.occurred_at = a.occurred_at AND b.amount * a.amount > 0
           AND ((ours.symbol LIKE '% LONG' AND other.symbol = replace(ours.symbol, ' LONG', ' SHORT'))
             OR (ours.symbol LIKE '% SHORT' AND other.symbol = replace(ours.symbol, ' SHORT', ' LONG')))
       ) AS funding_one_way,
       a.kind IN ('liquidation', 'deleveraging') AND a.quantity = 0 AS closing_without_units
FROM statement_activity AS a
WHERE a.snapshot_id = :snapshot_id
