-- recon_last_prices: the last known price of some instruments before a session's end.
-- grain:   one row per instrument
-- store:   warehouse
-- params:  instruments IDS, business_date DATE (inclusive)
-- returns: instrument_id BIGINT, price DECIMAL
WITH wanted AS (
  SELECT CAST(one AS BIGINT) AS instrument_id
  FROM (SELECT unnest(string_to_array(CAST(:instruments AS VARCHAR), ',')) AS one) AS ids
), ranked AS (
  SELECT p.instrument_id, p.price,
         row_number() OVER (PARTITION BY p.instrument_id ORDER BY p.business_date DESC, p.priced_at DESC, p.source) AS nth
  FROM price AS p
  JOIN wanted AS w ON w.instrument_id = p.instrument_id
  WHERE p.business_date <= CAST(:business_date AS DATE)
)
SELECT instrument_id, price FROM ranked WHERE nth = 1 ORDER BY instrument_id
