-- quality_vanished: instruments that the baseline held and this snapshot no longer lists, and whether anything explains it.
--          What explains: an execution or activity that takes the position away, in this statement or dated on the
--          baseline's own day (a venue may report an expiration before it clears the position), or an event that renames
--          or replaces the instrument. A dividend does not: it leaves the position where it is.
--          One grouping instead of joins: PostgreSQL knows nothing yet of rows stored a moment ago, expects one, and would
--          compare every row with every other.
-- grain:   one row per vanished instrument
-- params:  snapshot_id BIGINT, baseline_id BIGINT (null: there is none), baseline_date DATE, account_id TEXT
-- returns: instrument_id BIGINT, symbol TEXT, quantity DECIMAL, market_value DECIMAL, currency TEXT, unexplained BOOLEAN
SELECT v.instrument_id,
       (SELECT min(b.symbol) FROM snapshot_position AS b
        WHERE b.snapshot_id = :baseline_id AND b.instrument_id = v.instrument_id) AS symbol,
       (SELECT sum(b.quantity) FROM snapshot_position AS b
        WHERE b.snapshot_id = :baseline_id AND b.instrument_id = v.instrument_id) AS quantity,
       (SELECT sum(b.market_value) FROM snapshot_position AS b
        WHERE b.snapshot_id = :baseline_id AND b.instrument_id = v.instrument_id) AS market_value,
       (SELECT min(b.currency) FROM snapshot_position AS b
        WHERE b.snapshot_id = :baseline_id AND b.instrument_id = v.instrument_id) AS currency,
       v.replaced = 0 AND (v.was_long = 0 OR v.taken_out = 0) AND (v.was_short = 0 OR v.taken_in = 0) AS unexplained
FROM (
  SELECT r.instrument_id, max(r.was_long) AS was_long, max(r.was_short) AS was_short, max(r.taken_out) AS taken_out,
         max(r.taken_in) AS taken_in, max(r.replaced) AS replaced
  FROM (
    SELECT p.instrument_id, 1 AS is_held,
           0 AS was_long, 0 AS was_short, 0 AS taken_out, 0 AS taken_in, 0 AS replaced
    FROM snapshot_position AS p
    WHERE p.snapshot_id = :snapshot_id
    UNION ALL
    SELECT p.instrument_id, 0, CASE WHEN p.quantity > 0 THEN 1 ELSE 0 END, CASE WHEN p.quantity < 0 THEN 1 ELSE 0 END, 0, 0, 0
    FROM snapshot_position AS p
    WHERE p.snapshot_id = :baseline_id
    UNION ALL
    SELECT e.instrument_id, 0, 0, 0, CASE WHEN e.side = 'sell' THEN 1 ELSE 0 END, CASE WHEN e.side = 'buy' THEN 1 ELSE 0 END, 0
    FROM statement_execution AS e
    WHERE e.account_id = :account_id AND e.status <> 'cancelled'
      AND (e.snapshot_id = :snapshot_id OR e.business_date = :baseline_date)
    UNION ALL
    SELECT a.instrument_id, 0, 0, 0, CASE WHEN a.quantity < 0 THEN 1 ELSE 0 END, CASE WHEN a.quantity > 0 THEN 1 ELSE 0 END,
           CASE WHEN a.quantity = 0 AND a.kind IN ('merger', 'symbol_change', 'spinoff', 'other') THEN 1 ELSE 0 END
    FROM statement_activity AS a
    WHERE a.instrument_id IS NOT NULL AND a.account_id = :account_id AND a.status <> 'cancelled'
      AND (a.snapshot_id = :snapshot_id OR a.business_date = :baseline_date)
  ) AS r
  GROUP BY r.instrument_id
  HAVING max(r.is_held) = 0 AND max(r.was_long) + max(r.was_short) > 0
) AS v
