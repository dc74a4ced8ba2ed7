-- recon_activities: activities that only the statement has, only the book has, or that differ.
-- grain:   one row per activity that does not agree
-- store:   warehouse
-- params:  account_id TEXT, statements IDS (snapshot ids of the statements), ledger_seq BIGINT,
--          late IDS (journal sequences after the capture), book_date DATE (inclusive),
--          coins TEXT (CODE=instrument_id of each coin that is a position, CODE=0 where there are none),
--          since_date DATE (the first session that the statements cover: older book rows are not expected there)
-- returns: found TEXT (statement_only, book_only or differs), activity_id TEXT, book_id TEXT, kind TEXT,
--          instrument_id BIGINT, symbol TEXT, asset_class TEXT, multiplier DECIMAL, currency TEXT, underlying TEXT,
--          price DECIMAL, ratio DECIMAL, group_id TEXT, venue_kind TEXT, description TEXT, occurred_at TIMESTAMP,
--          business_date DATE, settles_on DATE,
--          theirs_quantity DECIMAL, theirs_amount DECIMAL, ours_quantity DECIMAL, ours_amount DECIMAL,
--          ours_currency TEXT, position_book DECIMAL (units the book holds of the instrument)
WITH listed AS (
  SELECT CAST(one AS BIGINT) AS snapshot_id
  FROM (SELECT unnest(string_to_array(CAST(:statements AS VARCHAR), ',')) AS one) AS ids
), left_out AS (
  SELECT CAST(one AS BIGINT) AS seq
  FROM (SELECT unnest(string_to_array(CAST(:late AS VARCHAR), ',')) AS one) AS seqs
), coin AS (
  -- coins that this account holds as positions, with the instrument of each
  SELECT split_part(one, '=', 1) AS code, CAST(nullif(split_part(one, '=', 2), '') AS BIGINT) AS instrument_id
  FROM (SELECT unnest(string_to_array(CAST(:coins AS VARCHAR), ',')) AS one) AS pairs
), claimed AS (
  SELECT a.activity_id, a.kind, a.instrument_id, a.quantity, a.price, a.amount, a.currency, a.occurred_at, a.business_date,
         a.settles_on, a.group_id, a.ratio, a.status, a.venue_kind, a.description,
         row_number() OVER (PARTITION BY a.activity_id
                            ORDER BY s.captured_at DESC, CASE a.status WHEN 'cancelled' THEN 2 WHEN 'corrected' THEN 1 ELSE 0 END DESC, a.snapshot_id) AS nth
  FROM statement_activity AS a
  JOIN listed AS l ON l.snapshot_id = a.snapshot_id
  JOIN snapshot AS s ON s.snapshot_id = a.snapshot_id
), stated AS (
  SELECT * FROM claimed
  WHERE nth = 1 AND status <> 'cancelled' AND business_date <= CAST(:book_date AS DATE) AND (quantity <> 0 OR amount <> 0)
), entries AS (
  SELECT l.record_id, l.event, l.instrument_id, l.currency, c.code, l.quantity, l.business_date, l.settles_on
  FROM ledger_entry AS l
  LEFT JOIN coin AS c ON c.instrument_id = l.instrument_id
  WHERE l.account_id = :account_id AND l.record_kind = 'activity' AND l.seq <= :ledger_seq
    AND l.business_date <= CAST(:book_date AS DATE) AND l.seq NOT IN (SELECT seq FROM left_out)
), booked AS (
  -- a leg whose event ends in .coin is money that is a position
  SELECT record_id, min(CASE WHEN event NOT LIKE 'reversal%' THEN split_part(event, '.', 1) END) AS kind,
         max(CASE WHEN event NOT LIKE '%.coin' THEN instrument_id END) AS instrument_id,
         min(business_date) AS business_date, max(settles_on) AS settles_on,
         SUM(CASE WHEN instrument_id IS NOT NULL AND event NOT LIKE '%.coin' THEN quantity ELSE 0 END) AS quantity,
         SUM(CASE WHEN instrument_id IS NULL OR event LIKE '%.coin' THEN quantity ELSE 0 END) AS amount,
         coalesce(max(CASE WHEN event LIKE '%.coin' THEN code WHEN instrument_id IS NULL THEN currency END), max(currency)) AS currency
  FROM entries
  GROUP BY record_id
  HAVING SUM(CASE WHEN instrument_id IS NOT NULL AND event NOT LIKE '%.coin' THEN quantity ELSE 0 END) <> 0
      OR SUM(CASE WHEN instrument_id IS NULL OR event LIKE '%.coin' THEN quantity ELSE 0 END) <> 0
), by_id AS (
  SELECT s.activity_id, b.record_id FROM stated AS s JOIN booked AS b ON b.record_id = s.activity_id
), theirs AS (
  -- equal rows are counted, so that each is paired once and never twice
  SELECT s.activity_id, s.kind, coalesce(s.instrument_id, 0) AS about, s.quantity, s.amount, s.currency, s.business_date,
         row_number() OVER (PARTITION BY s.kind, s.instrument_id, s.quantity, s.amount, s.currency, s.business_date ORDER BY s.activity_id) AS nth
  FROM stated AS s
  WHERE NOT EXISTS (SELECT 1 FROM by_id AS m WHERE m.activity_id = s.activity_id)
), ours AS (
  SELECT b.record_id, b.kind, coalesce(b.instrument_id, 0) AS about, b.quantity, b.amount, b.currency, b.business_date,
         row_number() OVER (PARTITION BY b.kind, b.instrument_id, b.quantity, b.amount, b.currency, b.business_date ORDER BY b.record_id) AS nth
  FROM booked AS b
  WHERE b.kind NOT IN ('opening', 'adjustment')
    AND NOT EXISTS (SELECT 1 FROM by_id AS m WHERE m.record_id = b.record_id)
), pairs AS (
  SELECT activity_id, record_id FROM by_id
  UNION ALL
  SELECT t.activity_id, o.record_id
  FROM theirs AS t
  JOIN ours AS o ON o.kind = t.kind AND o.about = t.about AND o.quantity = t.quantity AND o.amount = t.amount
    AND o.currency = t.currency AND o.business_date = t.business_date AND o.nth = t.nth
), judged AS (
  SELECT 'differs' AS found, s.activity_id, b.record_id AS book_id
  FROM pairs AS p
  JOIN stated AS s ON s.activity_id = p.activity_id
  JOIN booked AS b ON b.record_id = p.record_id
  -- a forced closing whose money the venue does not state closes at its price in the book
  WHERE s.quantity <> b.quantity OR (s.amount <> 0 AND s.currency <> b.currency)
     OR (s.amount <> b.amount AND NOT (s.amount = 0 AND s.quantity <> 0 AND s.kind IN ('liquidation', 'deleveraging')))
     OR (s.quantity <> 0 AND s.instrument_id <> b.instrument_id)
  UNION ALL
  SELECT 'statement_only', s.activity_id, NULL FROM stated AS s
  WHERE NOT EXISTS (SELECT 1 FROM pairs AS p WHERE p.activity_id = s.activity_id)
  UNION ALL
  SELECT 'book_only', NULL, b.record_id FROM booked AS b
  WHERE b.kind NOT IN ('opening', 'adjustment') AND b.business_date >= CAST(:since_date AS DATE)
    AND NOT EXISTS (SELECT 1 FROM pairs AS p WHERE p.record_id = b.record_id)
), held AS (
  SELECT instrument_id, SUM(quantity) AS quantity
  FROM ledger_entry
  WHERE account_id = :account_id AND instrument_id IS NOT NULL AND seq <= :ledger_seq
    AND business_date <= CAST(:book_date AS DATE) AND seq NOT IN (SELECT seq FROM left_out)
    AND instrument_id IN (
      SELECT s.instrument_id FROM stated AS s JOIN judged AS j ON j.activity_id = s.activity_id
      WHERE s.kind = 'split' AND s.instrument_id IS NOT NULL
    )
  GROUP BY instrument_id
)
SELECT j.found, j.activity_id, j.book_id, coalesce(s.kind, b.kind) AS kind, i.instrument_id, i.symbol, i.asset_class,
       i.multiplier, coalesce(s.currency, b.currency) AS currency, i.underlying, s.price, s.ratio, s.group_id, s.venue_kind,
       s.description, s.occurred_at, coalesce(s.business_date, b.business_date) AS business_date,
       coalesce(s.settles_on, b.settles_on) AS settles_on, s.quantity AS theirs_quantity, s.amount AS theirs_amount,
       b.quantity AS ours_quantity, b.amount AS ours_amount, b.currency AS ours_currency, h.quantity AS position_book
FROM judged AS j
LEFT JOIN stated AS s ON s.activity_id = j.activity_id
LEFT JOIN booked AS b ON b.record_id = j.book_id
LEFT JOIN instrument AS i ON i.instrument_id = coalesce(s.instrument_id, b.instrument_id)
LEFT JOIN held AS h ON h.instrument_id = s.instrument_id
ORDER BY j.found, j.activity_id, j.book_id
