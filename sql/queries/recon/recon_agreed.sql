-- recon_agreed: what book and snapshot hold of some instruments, to prove that a break has ended.
-- grain:   one row per instrument
-- store:   warehouse
-- params:  account_id TEXT, snapshot_id BIGINT, instruments IDS, ledger_seq BIGINT,
--          late IDS (journal sequences after the capture), book_date DATE (inclusive)
-- returns: instrument_id BIGINT, book DECIMAL, broker DECIMAL
WITH wanted AS (
  SELECT CAST(one AS BIGINT) AS instrument_id
  FROM (SELECT unnest(string_to_array(CAST(:instruments AS VARCHAR), ',')) AS one) AS ids
), book AS (
  SELECT l.instrument_id, SUM(l.quantity) AS quantity
  FROM ledger_entry AS l
  JOIN wanted AS w ON w.instrument_id = l.instrument_id
  WHERE l.account_id = :account_id AND l.seq <= :ledger_seq AND l.business_date <= CAST(:book_date AS DATE)
    AND l.seq NOT IN (
      SELECT CAST(one AS BIGINT)
      FROM (SELECT unnest(string_to_array(CAST(:late AS VARCHAR), ',')) AS one) AS seqs
    )
  GROUP BY l.instrument_id
)
SELECT w.instrument_id, coalesce(b.quantity, 0) AS book, coalesce(p.quantity, 0) AS broker
FROM wanted AS w
LEFT JOIN book AS b ON b.instrument_id = w.instrument_id
LEFT JOIN snapshot_position AS p ON p.snapshot_id = :snapshot_id AND p.instrument_id = w.instrument_id
ORDER BY w.instrument_id
