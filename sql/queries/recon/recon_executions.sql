-- recon_executions: executions that only the statement has, only the book has, or that differ.
-- grain:   one row per execution that does not agree
-- store:   warehouse
-- params:  account_id TEXT, statements IDS (snapshot ids of the statements), ledger_seq BIGINT,
--          late IDS (journal sequences after the capture), book_date DATE (inclusive),
--          coins TEXT (CODE=instrument_id of each coin that is a position, CODE=0 where there are none),
--          in_wallets BOOLEAN (coins lie in wallets: spot pairs move coin against money),
--          since_date DATE (the first session that the statements cover: older book rows are not expected there)
-- returns: found TEXT (statement_only, book_only, differs or fee_differs), execution_id TEXT, book_id TEXT,
--          instrument_id BIGINT, symbol TEXT, asset_class TEXT, currency TEXT, multiplier DECIMAL, underlying TEXT,
--          client_order_id TEXT, broker_order_id TEXT, side TEXT, price DECIMAL, executed_at TIMESTAMP,
--          business_date DATE, settles_on DATE, fee_currency TEXT,
--          theirs_coin_fee DECIMAL (part of it that was taken out of the units), theirs_quantity DECIMAL (signed), theirs_amount DECIMAL (cash without fee), theirs_fee DECIMAL (paid is above zero),
--          ours_quantity DECIMAL, ours_amount DECIMAL, ours_fee DECIMAL, ours_fee_currency TEXT,
--          twin TEXT (a matched execution with the same content)
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
  SELECT e.execution_id, e.client_order_id, e.broker_order_id, e.instrument_id, e.side, e.quantity, e.price, e.amount, e.fee,
         e.fee_currency, e.executed_at, e.business_date, e.settles_on, e.status,
         row_number() OVER (PARTITION BY e.execution_id
                            ORDER BY s.captured_at DESC, CASE e.status WHEN 'cancelled' THEN 2 WHEN 'corrected' THEN 1 ELSE 0 END DESC, e.snapshot_id) AS nth
  FROM statement_execution AS e
  JOIN listed AS l ON l.snapshot_id = e.snapshot_id
  JOIN snapshot AS s ON s.snapshot_id = e.snapshot_id
), stated AS (
  SELECT c.execution_id, c.client_order_id, c.broker_order_id,
         CASE WHEN :in_wallets AND i.asset_class = 'crypto' THEN coalesce(unit.instrument_id, c.instrument_id) ELSE c.instrument_id END AS instrument_id, c.side, c.price, c.executed_at,
         c.business_date, c.settles_on, c.fee_currency, i.currency,
         CASE WHEN c.side = 'buy' THEN c.quantity ELSE -c.quantity END
           - CASE WHEN i.asset_class = 'crypto' AND c.fee_currency = i.underlying AND NOT (:in_wallets AND unit.code IS NULL) THEN c.fee ELSE 0 END AS quantity,
         CASE WHEN i.asset_class = 'crypto' AND c.fee_currency = i.underlying AND NOT (:in_wallets AND unit.code IS NULL) THEN c.fee ELSE 0 END AS coin_fee,
         -- profit of margined instruments is told by lots alone: their cash is not compared row by row
         CASE WHEN i.asset_class IN ('perpetual', 'future', 'cfd') THEN 0 ELSE coalesce(c.amount, 0) END AS amount,
         CASE WHEN i.asset_class = 'crypto' AND c.fee_currency = i.underlying AND NOT (:in_wallets AND unit.code IS NULL) THEN 0 ELSE c.fee END AS fee,
         c.amount IS NULL OR i.asset_class IN ('perpetual', 'future', 'cfd') AS is_margined
  FROM claimed AS c
  JOIN instrument AS i ON i.instrument_id = c.instrument_id
  LEFT JOIN coin AS unit ON unit.code = i.underlying
  WHERE c.nth = 1 AND c.status <> 'cancelled' AND c.business_date <= CAST(:book_date AS DATE)
), booked AS (
  -- a leg whose event ends in .coin is money that is a position, one in .units is what was bought and is money
  SELECT l.record_id, max(CASE WHEN l.event NOT LIKE '%.coin' THEN l.instrument_id END) AS instrument_id, min(l.business_date) AS business_date, max(l.settles_on) AS settles_on,
         SUM(CASE WHEN l.event LIKE '%.units' OR (l.instrument_id IS NOT NULL AND l.event NOT LIKE '%.coin') THEN l.quantity ELSE 0 END) AS quantity,
         SUM(CASE WHEN (l.instrument_id IS NULL AND l.event IN ('trade', 'reversal')) OR l.event IN ('trade.coin', 'reversal.coin') THEN l.quantity ELSE 0 END) AS amount,
         SUM(CASE WHEN (l.instrument_id IS NULL AND l.event = 'fee') OR l.event = 'fee.coin' THEN -l.quantity ELSE 0 END) AS fee,
         max(CASE WHEN l.event = 'trade.coin' THEN fees.code WHEN l.instrument_id IS NULL AND l.event = 'trade' THEN l.currency END) AS currency,
         max(CASE WHEN l.event = 'fee.coin' THEN fees.code WHEN l.instrument_id IS NULL AND l.event = 'fee' THEN l.currency END) AS fee_currency
  FROM ledger_entry AS l
  LEFT JOIN coin AS fees ON fees.instrument_id = l.instrument_id
  WHERE l.account_id = :account_id AND l.record_kind = 'execution' AND l.seq <= :ledger_seq
    AND l.business_date <= CAST(:book_date AS DATE) AND l.seq NOT IN (SELECT seq FROM left_out)
  GROUP BY l.record_id
  HAVING SUM(CASE WHEN l.event LIKE '%.units' OR (l.instrument_id IS NOT NULL AND l.event NOT LIKE '%.coin') THEN l.quantity ELSE 0 END) <> 0
), by_id AS (
  SELECT s.execution_id, b.record_id FROM stated AS s JOIN booked AS b ON b.record_id = s.execution_id
), theirs AS (
  -- equal rows are counted, so that each is paired once and never twice
  SELECT s.execution_id, s.instrument_id, s.quantity, s.amount, s.business_date,
         row_number() OVER (PARTITION BY s.instrument_id, s.quantity, s.amount, s.business_date ORDER BY s.executed_at, s.execution_id) AS nth
  FROM stated AS s
  WHERE NOT EXISTS (SELECT 1 FROM by_id AS m WHERE m.execution_id = s.execution_id)
), ours AS (
  SELECT b.record_id, b.instrument_id, b.quantity, b.amount, b.business_date,
         row_number() OVER (PARTITION BY b.instrument_id, b.quantity, b.amount, b.business_date ORDER BY b.record_id) AS nth
  FROM booked AS b
  WHERE NOT EXISTS (SELECT 1 FROM by_id AS m WHERE m.record_id = b.record_id)
), pairs AS (
  SELECT execution_id, record_id FROM by_id
  UNION ALL
  SELECT t.execution_id, o.record_id
  FROM theirs AS t
  JOIN ours AS o ON o.instrument_id = t.instrument_id AND o.quantity = t.quantity AND o.amount = t.amount
    AND o.business_date = t.business_date AND o.nth = t.nth
), judged AS (
  SELECT CASE WHEN s.quantity <> b.quantity OR s.instrument_id <> b.instrument_id OR (s.amount <> b.amount AND NOT s.is_margined) THEN 'differs'
              ELSE 'fee_differs' END AS found,
         s.execution_id, b.record_id AS book_id
  FROM pairs AS p
  JOIN stated AS s ON s.execution_id = p.execution_id
  JOIN booked AS b ON b.record_id = p.record_id
  WHERE s.quantity <> b.quantity OR s.instrument_id <> b.instrument_id OR (s.amount <> b.amount AND NOT s.is_margined)
     OR s.fee <> b.fee OR (s.fee <> 0 AND s.fee_currency <> b.fee_currency)
  UNION ALL
  SELECT 'statement_only', s.execution_id, NULL FROM stated AS s
  WHERE NOT EXISTS (SELECT 1 FROM pairs AS p WHERE p.execution_id = s.execution_id)
  UNION ALL
  SELECT 'book_only', NULL, b.record_id FROM booked AS b
  WHERE b.business_date >= CAST(:since_date AS DATE)
    AND NOT EXISTS (SELECT 1 FROM pairs AS p WHERE p.record_id = b.record_id)
), twins AS (
  SELECT j.execution_id, j.book_id, min(p.execution_id) AS twin
  FROM judged AS j
  LEFT JOIN stated AS js ON js.execution_id = j.execution_id
  LEFT JOIN booked AS jb ON jb.record_id = j.book_id
  JOIN stated AS s ON s.instrument_id = coalesce(js.instrument_id, jb.instrument_id)
    AND s.quantity = coalesce(js.quantity, jb.quantity) AND s.amount = coalesce(js.amount, jb.amount)
    AND s.business_date = coalesce(js.business_date, jb.business_date)
  JOIN pairs AS p ON p.execution_id = s.execution_id
  WHERE j.found IN ('statement_only', 'book_only')
  GROUP BY j.execution_id, j.book_id
)
SELECT j.found, j.execution_id, j.book_id, i.instrument_id, i.symbol, i.asset_class,
       coalesce(s.currency, b.currency, i.currency) AS currency, i.multiplier, i.underlying,
       s.client_order_id, s.broker_order_id, s.side, s.price, s.executed_at,
       coalesce(s.business_date, b.business_date) AS business_date, coalesce(s.settles_on, b.settles_on) AS settles_on,
       s.fee_currency, s.coin_fee AS theirs_coin_fee, s.quantity AS theirs_quantity, s.amount AS theirs_amount, s.fee AS theirs_fee,
       b.quantity AS ours_quantity, b.amount AS ours_amount, b.fee AS ours_fee, b.fee_currency AS ours_fee_currency,
       t.twin
FROM judged AS j
LEFT JOIN stated AS s ON s.execution_id = j.execution_id
LEFT JOIN booked AS b ON b.record_id = j.book_id
JOIN instrument AS i ON i.instrument_id = coalesce(s.instrument_id, b.instrument_id)
LEFT JOIN twins AS t ON t.execution_id IS NOT DISTINCT FROM j.execution_id AND t.book_id IS NOT DISTINCT FROM j.book_id
ORDER BY j.found, j.execution_id, j.book_id
