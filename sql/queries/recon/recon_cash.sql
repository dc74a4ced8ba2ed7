-- recon_cash: cash of book, snapshot and statement, agreeing or not.
-- grain:   one row per currency
-- store:   warehouse
-- params:  account_id TEXT, snapshot_id BIGINT, baseline_id BIGINT (0 where there is none),
--          baseline_date DATE (session the baseline saw), baseline_at TIMESTAMP (when it was captured), statements IDS (snapshot ids of the statements),
--          ledger_seq BIGINT, late IDS (journal sequences after the capture), book_date DATE (inclusive),
--          coins TEXT (CODE=instrument_id of each coin that is a position, CODE=0 where there are none),
--          in_wallets BOOLEAN (coins lie in wallets: spot pairs move coin against money),
--          business_date DATE (what settles up to it is settled)
-- returns: currency TEXT, book DECIMAL, book_settled DECIMAL, listed BOOLEAN (the snapshot has the currency),
--          broker DECIMAL, broker_settled DECIMAL, implied DECIMAL,
--          carried DECIMAL (by how much the baseline itself differed from the book), margined BIGINT (statement rows whose cash is a profit that only lots tell)
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
), traded AS (
  SELECT e.execution_id, e.business_date, e.executed_at <= :baseline_at AND (e.snapshot_id <> :snapshot_id OR e.status = 'executed') AS is_before, e.fee_currency, e.status,
         CASE WHEN position(':' IN i.symbol) > 0 THEN split_part(split_part(split_part(i.symbol, ':', 2), '-', 1), ' ', 1) ELSE i.currency END AS currency,
         -- one currency bought with another: what was bought is cash too
         CASE WHEN :in_wallets AND i.asset_class = 'crypto' AND unit.code IS NULL THEN i.underlying END AS bought,
         CASE WHEN e.status = 'cancelled' THEN 0 WHEN e.side = 'buy' THEN e.quantity ELSE -e.quantity END AS units,
         row_number() OVER (PARTITION BY e.execution_id, e.executed_at <= :baseline_at AND (e.snapshot_id <> :snapshot_id OR e.status = 'executed')
                            ORDER BY s.captured_at DESC, CASE e.status WHEN 'cancelled' THEN 2 WHEN 'corrected' THEN 1 ELSE 0 END DESC, e.snapshot_id) AS nth,
         row_number() OVER (PARTITION BY e.execution_id
                            ORDER BY s.captured_at DESC, CASE e.status WHEN 'cancelled' THEN 2 WHEN 'corrected' THEN 1 ELSE 0 END DESC, e.snapshot_id) AS nth_now,
         e.amount IS NULL OR i.asset_class IN ('perpetual', 'future', 'cfd') AS is_margined,
         CASE WHEN e.status = 'cancelled' OR i.asset_class IN ('perpetual', 'future', 'cfd') THEN 0 ELSE coalesce(e.amount, 0) END AS amount,
         CASE WHEN e.status = 'cancelled' OR (i.asset_class = 'crypto' AND e.fee_currency = i.underlying AND NOT (:in_wallets AND unit.code IS NULL)) THEN 0 ELSE -e.fee END AS fee
  FROM statement_execution AS e
  JOIN listed AS l ON l.snapshot_id = e.snapshot_id
  JOIN snapshot AS s ON s.snapshot_id = e.snapshot_id
  JOIN instrument AS i ON i.instrument_id = e.instrument_id
  LEFT JOIN coin AS unit ON unit.code = i.underlying
), gained AS (
  -- profit of contracts: where the row is booked as it stands, the book's lots tell it
  SELECT t.execution_id, count(l.record_id) > 0 AS is_booked,
         SUM(CASE WHEN l.instrument_id IS NULL AND l.event <> 'fee' THEN l.quantity ELSE 0 END) AS amount
  FROM (SELECT DISTINCT execution_id FROM traded WHERE is_margined AND :in_wallets) AS t
  LEFT JOIN ledger_entry AS l ON l.account_id = :account_id AND l.record_kind = 'execution' AND l.record_id = t.execution_id
    AND l.seq <= :ledger_seq AND l.business_date <= CAST(:book_date AS DATE) AND l.seq NOT IN (SELECT seq FROM left_out)
  GROUP BY t.execution_id
), claimed AS (
  SELECT t.business_date, t.is_before, t.currency, t.fee_currency, t.bought, t.units, t.nth, t.nth_now, t.fee,
         t.is_margined AND NOT coalesce(g.is_booked, FALSE) AS is_margined, t.amount + coalesce(g.amount, 0) AS amount
  FROM traded AS t
  LEFT JOIN gained AS g ON g.execution_id = t.execution_id
), happened AS (
  SELECT a.business_date, a.snapshot_id, a.currency,
         row_number() OVER (PARTITION BY a.activity_id, a.snapshot_id <> :snapshot_id AND a.business_date <= CAST(:baseline_date AS DATE)
                            ORDER BY s.captured_at DESC, CASE a.status WHEN 'cancelled' THEN 2 WHEN 'corrected' THEN 1 ELSE 0 END DESC, a.snapshot_id) AS nth,
         row_number() OVER (PARTITION BY a.activity_id
                            ORDER BY s.captured_at DESC, CASE a.status WHEN 'cancelled' THEN 2 WHEN 'corrected' THEN 1 ELSE 0 END DESC, a.snapshot_id) AS nth_now,
         CASE WHEN a.status = 'cancelled' THEN 0 ELSE a.amount END AS amount
  FROM statement_activity AS a
  JOIN listed AS l ON l.snapshot_id = a.snapshot_id
  JOIN snapshot AS s ON s.snapshot_id = a.snapshot_id
), now_and_before AS (
  SELECT currency, fee_currency, amount, fee, is_margined FROM claimed
  WHERE nth_now = 1 AND business_date <= CAST(:book_date AS DATE)
  UNION ALL
  SELECT currency, fee_currency, -amount, -fee, false FROM claimed
  WHERE nth = 1 AND is_before
  UNION ALL
  SELECT bought, bought, units, 0, false FROM claimed
  WHERE bought IS NOT NULL AND nth_now = 1 AND business_date <= CAST(:book_date AS DATE)
  UNION ALL
  SELECT bought, bought, -units, 0, false FROM claimed
  WHERE bought IS NOT NULL AND nth = 1 AND is_before
  UNION ALL
  SELECT currency, currency, amount, 0, false FROM happened
  WHERE nth_now = 1 AND business_date <= CAST(:book_date AS DATE)
  UNION ALL
  SELECT currency, currency, -amount, 0, false FROM happened
  WHERE nth = 1 AND snapshot_id <> :snapshot_id AND business_date <= CAST(:baseline_date AS DATE)
), figures AS (
  SELECT currency, SUM(quantity) AS book,
         SUM(CASE WHEN settles_on <= CAST(:business_date AS DATE) THEN quantity ELSE 0 END) AS book_settled,
         CAST(NULL AS NUMERIC(38, 18)) AS broker, CAST(NULL AS NUMERIC(38, 18)) AS broker_settled, 0 AS listed, 0 AS implied, 0 AS margined,
         SUM(CASE WHEN business_date <= CAST(:baseline_date AS DATE) THEN quantity ELSE 0 END) AS carried
  FROM ledger_entry
  WHERE account_id = :account_id AND instrument_id IS NULL AND seq <= :ledger_seq
    AND business_date <= CAST(:book_date AS DATE) AND seq NOT IN (SELECT seq FROM left_out)
  GROUP BY currency
  UNION ALL
  SELECT currency, 0, 0, cash, settled_cash, 1, 0, 0, 0 FROM snapshot_balance WHERE snapshot_id = :snapshot_id
  UNION ALL
  SELECT currency, 0, 0, NULL, NULL, 0, cash, 0, -cash FROM snapshot_balance WHERE snapshot_id = :baseline_id
  UNION ALL
  SELECT currency, 0, 0, NULL, NULL, 0, SUM(quantity), 0, -SUM(quantity)
  FROM ledger_entry
  WHERE :baseline_id = 0 AND account_id = :account_id AND instrument_id IS NULL AND event IN ('opening', 'opening.units') AND seq <= :ledger_seq
  GROUP BY currency
  UNION ALL
  SELECT currency, 0, 0, NULL, NULL, 0, SUM(amount), SUM(CASE WHEN is_margined THEN 1 ELSE 0 END), 0
  FROM now_and_before GROUP BY currency
  UNION ALL
  SELECT fee_currency, 0, 0, NULL, NULL, 0, SUM(fee), 0, 0 FROM now_and_before GROUP BY fee_currency
)
SELECT currency, SUM(book) AS book, SUM(book_settled) AS book_settled, SUM(listed) > 0 AS listed,
       SUM(broker) AS broker, SUM(broker_settled) AS broker_settled, SUM(implied) AS implied,
       SUM(carried) AS carried, CAST(SUM(margined) AS BIGINT) AS margined
FROM figures
WHERE currency NOT IN (SELECT code FROM coin)
GROUP BY currency
HAVING SUM(listed) > 0 OR SUM(book) <> 0 OR SUM(implied) <> 0
ORDER BY currency
