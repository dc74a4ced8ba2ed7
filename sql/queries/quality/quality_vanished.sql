-- quality_vanished: positions of the baseline that this snapshot no longer lists, and whether anything explains it.
--          What explains: an execution or activity of the other sign, in this statement or dated on the baseline's own
--          day (a venue may report an expiration before it clears the position), or an event that renames or replaces
--          the instrument. A dividend does not: it leaves the position where it is.
-- grain:   one row per vanished instrument
-- params:  snapshot_id BIGINT, baseline_id BIGINT (null: there is none), baseline_date DATE, account_id TEXT
-- returns: instrument_id BIGINT, symbol TEXT, asset_class TEXT, quantity DECIMAL, market_value DECIMAL, currency TEXT,
--          unexplained BOOLEAN
SELECT b.instrument_id, b.symbol, b.asset_class, b.quantity, b.market_value, b.currency,
       NOT EXISTS (
         SELECT 1 FROM statement_execution AS e
         WHERE e.instrument_id = b.instrument_id AND e.account_id = :account_id AND e.status <> 'cancelled'
           AND (e.snapshot_id = :snapshot_id OR e.business_date = :baseline_date)
           AND ((b.quantity > 0 AND e.side = 'sell') OR (b.quantity < 0 AND e.side = 'buy'))
       ) AND NOT EXISTS (
         SELECT 1 FROM statement_activity AS a
         WHERE a.instrument_id = b.instrument_id AND a.account_id = :account_id AND a.status <> 'cancelled'
           AND (a.snapshot_id = :snapshot_id OR a.business_date = :baseline_date)
           AND ((b.quantity > 0 AND a.quantity < 0) OR (b.quantity < 0 AND a.quantity > 0)
                OR (a.quantity = 0 AND a.kind IN ('merger', 'symbol_change', 'spinoff', 'other')))
       ) AS unexplained
FROM snapshot_position AS b
WHERE b.snapshot_id = :baseline_id AND b.quantity <> 0 AND b.account_id = :account_id
  AND NOT EXISTS (
    SELECT 1 FROM snapshot_position AS p
    WHERE p.snapshot_id = :snapshot_id AND p.instrument_id = b.instrument_id
  )
