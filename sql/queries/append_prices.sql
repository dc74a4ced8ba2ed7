-- append_prices: the market prices of a snapshot, once per instrument, session and source.
-- grain:   inserts one row per instrument
-- store:   warehouse
-- params:  snapshot_id BIGINT, source TEXT
-- returns: nothing
INSERT INTO price (instrument_id, business_date, price, currency, source, priced_at)
SELECT p.instrument_id, s.business_date, min(p.market_price), min(p.currency), CAST(:source AS VARCHAR), max(coalesce(p.priced_at, s.captured_at))
FROM snapshot_position AS p
JOIN snapshot AS s ON s.snapshot_id = p.snapshot_id
WHERE p.snapshot_id = :snapshot_id AND p.market_price IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM price AS known
    WHERE known.instrument_id = p.instrument_id AND known.business_date = s.business_date
      AND known.source = CAST(:source AS VARCHAR)
  )
GROUP BY p.instrument_id, s.business_date
