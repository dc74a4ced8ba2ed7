-- recon_positions: positions that differ between book, snapshot and statement, or whose cost does.
-- grain:   one row per instrument that differs
-- store:   warehouse
-- params:  account_id TEXT, snapshot_id BIGINT, baseline_id BIGINT (0 where there is none),
--          has_baseline BOOLEAN (an accepted snapshot or a signed-off opening to start from),
--          baseline_date DATE (session the baseline saw), baseline_at TIMESTAMP (when it was captured), statements IDS (snapshot ids of the statements),
--          ledger_seq BIGINT, late IDS (journal sequences after the capture), book_date DATE (inclusive),
--          coins TEXT (CODE=instrument_id of each coin that is a position, CODE=0 where there are none),
--          in_wallets BOOLEAN (coins lie in wallets: spot pairs move coin against money),
--          cost_relative DECIMAL, cost_absolute DECIMAL (coarse: the exact tolerance is applied to what comes back)
-- returns: instrument_id BIGINT, symbol TEXT, asset_class TEXT, currency TEXT, multiplier DECIMAL,
--          underlying TEXT, listed BOOLEAN (the snapshot has the instrument), broker_currency TEXT,
--          book DECIMAL, broker DECIMAL, implied DECIMAL (null without a baseline),
--          carried DECIMAL (by how much the baseline itself differed from the book), book_cost DECIMAL, broker_cost DECIMAL,
--          premium DECIMAL (part of book_cost that exercised and assigned options brought along, and that is still held),
--          price_now DECIMAL, price_before DECIMAL
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
  SELECT e.execution_id AS record_id,
         CASE WHEN :in_wallets AND i.asset_class = 'crypto' THEN unit.instrument_id ELSE e.instrument_id END AS instrument_id,
         money.instrument_id AS money_id, fees.instrument_id AS fee_id, e.business_date,
         i.asset_class IN ('perpetual', 'future', 'cfd') AS is_margined,
         CASE WHEN e.status = 'cancelled' OR i.asset_class IN ('perpetual', 'future', 'cfd') THEN 0 ELSE coalesce(e.amount, 0) END AS amount,
         CASE WHEN e.status = 'cancelled' OR (i.asset_class = 'crypto' AND e.fee_currency = i.underlying) THEN 0 ELSE e.fee END AS fee,
         e.executed_at <= :baseline_at AND (e.snapshot_id <> :snapshot_id OR e.status = 'executed') AS is_before,
         -- the venue's last word on an id counts; a bust says that nothing happened
         row_number() OVER (PARTITION BY e.execution_id, e.executed_at <= :baseline_at AND (e.snapshot_id <> :snapshot_id OR e.status = 'executed')
                            ORDER BY s.captured_at DESC, CASE e.status WHEN 'cancelled' THEN 2 WHEN 'corrected' THEN 1 ELSE 0 END DESC, e.snapshot_id) AS nth,
         row_number() OVER (PARTITION BY e.execution_id
                            ORDER BY s.captured_at DESC, CASE e.status WHEN 'cancelled' THEN 2 WHEN 'corrected' THEN 1 ELSE 0 END DESC, e.snapshot_id) AS nth_now,
         CASE WHEN e.status = 'cancelled' THEN 0
              ELSE CASE WHEN e.side = 'buy' THEN e.quantity ELSE -e.quantity END
                   - CASE WHEN i.asset_class = 'crypto' AND e.fee_currency = i.underlying THEN e.fee ELSE 0 END
         END AS quantity
  FROM statement_execution AS e
  JOIN listed AS l ON l.snapshot_id = e.snapshot_id
  JOIN snapshot AS s ON s.snapshot_id = e.snapshot_id
  JOIN instrument AS i ON i.instrument_id = e.instrument_id
  LEFT JOIN coin AS unit ON unit.code = i.underlying
  LEFT JOIN coin AS money ON money.code = CASE WHEN position(':' IN i.symbol) > 0 THEN split_part(split_part(split_part(i.symbol, ':', 2), '-', 1), ' ', 1) ELSE i.currency END
  LEFT JOIN coin AS fees ON fees.code = e.fee_currency
), gained AS (
  -- profit of contracts that pay in coin: rows that agree with the book's tell no more than its lots do
  SELECT t.record_id, count(l.record_id) > 0 AS is_booked, SUM(CASE WHEN l.instrument_id = t.money_id THEN l.quantity ELSE 0 END) AS quantity
  FROM (SELECT DISTINCT record_id, money_id FROM traded WHERE is_margined AND money_id IS NOT NULL) AS t
  LEFT JOIN ledger_entry AS l ON l.account_id = :account_id AND l.record_kind = 'execution' AND l.record_id = t.record_id
    AND l.event <> 'fee.coin' AND l.seq <= :ledger_seq AND l.business_date <= CAST(:book_date AS DATE)
    AND l.seq NOT IN (SELECT seq FROM left_out)
  GROUP BY t.record_id
), untold AS (
  SELECT DISTINCT t.money_id AS instrument_id
  FROM traded AS t JOIN gained AS g ON g.record_id = t.record_id
  WHERE NOT g.is_booked
), happened AS (
  SELECT a.activity_id AS record_id, a.instrument_id, money.instrument_id AS money_id,
         CASE WHEN a.status = 'cancelled' THEN 0 ELSE a.amount END AS amount, a.business_date, a.snapshot_id,
         row_number() OVER (PARTITION BY a.activity_id, a.snapshot_id <> :snapshot_id AND a.business_date <= CAST(:baseline_date AS DATE)
                            ORDER BY s.captured_at DESC, CASE a.status WHEN 'cancelled' THEN 2 WHEN 'corrected' THEN 1 ELSE 0 END DESC, a.snapshot_id) AS nth,
         row_number() OVER (PARTITION BY a.activity_id
                            ORDER BY s.captured_at DESC, CASE a.status WHEN 'cancelled' THEN 2 WHEN 'corrected' THEN 1 ELSE 0 END DESC, a.snapshot_id) AS nth_now,
         CASE WHEN a.status = 'cancelled' THEN 0 ELSE a.quantity END AS quantity
  FROM statement_activity AS a
  JOIN listed AS l ON l.snapshot_id = a.snapshot_id
  JOIN snapshot AS s ON s.snapshot_id = a.snapshot_id
  LEFT JOIN coin AS money ON money.code = a.currency
  WHERE a.instrument_id IS NOT NULL OR money.instrument_id IS NOT NULL
), trade_legs AS (
  SELECT instrument_id, quantity, nth, nth_now, is_before, business_date FROM traded
  UNION ALL
  SELECT money_id, amount, nth, nth_now, is_before, business_date FROM traded
  UNION ALL
  SELECT fee_id, -fee, nth, nth_now, is_before, business_date FROM traded
  UNION ALL
  SELECT t.money_id, g.quantity, t.nth, t.nth_now, t.is_before, t.business_date
  FROM traded AS t JOIN gained AS g ON g.record_id = t.record_id
), event_legs AS (
  SELECT instrument_id, quantity, nth, nth_now, snapshot_id, business_date FROM happened
  UNION ALL
  SELECT money_id, amount, nth, nth_now, snapshot_id, business_date FROM happened
), moved AS (
  -- what the statement holds now, less what it held when the baseline was taken
  SELECT instrument_id, SUM(quantity) AS quantity
  FROM (
    SELECT instrument_id, quantity FROM trade_legs WHERE nth_now = 1 AND business_date <= CAST(:book_date AS DATE)
    UNION ALL
    SELECT instrument_id, -quantity FROM trade_legs
    WHERE nth = 1 AND is_before
    UNION ALL
    SELECT instrument_id, quantity FROM event_legs WHERE nth_now = 1 AND business_date <= CAST(:book_date AS DATE)
    UNION ALL
    SELECT instrument_id, -quantity FROM event_legs
    WHERE nth = 1 AND snapshot_id <> :snapshot_id AND business_date <= CAST(:baseline_date AS DATE)
  ) AS legs
  WHERE instrument_id IS NOT NULL
  GROUP BY instrument_id
  HAVING SUM(quantity) <> 0
), book AS (
  SELECT instrument_id, SUM(quantity) AS quantity, SUM(cost_basis) AS cost_basis
  FROM ledger_entry
  WHERE account_id = :account_id AND instrument_id IS NOT NULL AND seq <= :ledger_seq
    AND business_date <= CAST(:book_date AS DATE) AND seq NOT IN (SELECT seq FROM left_out)
  GROUP BY instrument_id
), baseline AS (
  SELECT instrument_id, quantity FROM snapshot_position WHERE snapshot_id = :baseline_id
  UNION ALL
  SELECT instrument_id, SUM(quantity) FROM ledger_entry
  WHERE :baseline_id = 0 AND account_id = :account_id AND instrument_id IS NOT NULL AND event IN ('opening', 'opening.coin')
    AND seq <= :ledger_seq
  GROUP BY instrument_id
), broker AS (
  SELECT instrument_id, quantity, cost_basis FROM snapshot_position WHERE snapshot_id = :snapshot_id
), suspect AS MATERIALIZED (
  -- the one pass over every position, so it carries and compares as little as it can: who moved is looked at below, and
  -- cost is told apart by decimals first, for a cast to double costs more than the rest of the comparison
  SELECT instrument_id, broker.quantity IS NOT NULL AS listed,
         coalesce(book.quantity, 0) AS book, coalesce(broker.quantity, 0) AS broker, coalesce(baseline.quantity, 0) AS baseline,
         coalesce(book.cost_basis, 0) AS book_cost, broker.cost_basis AS broker_cost
  FROM broker
  FULL JOIN baseline USING (instrument_id)
  FULL JOIN book USING (instrument_id)
  WHERE coalesce(book.quantity, 0) <> coalesce(broker.quantity, 0)
     OR coalesce(baseline.quantity, 0) <> coalesce(broker.quantity, 0)
     OR abs(coalesce(book.cost_basis, 0) - broker.cost_basis) > CAST(:cost_absolute AS NUMERIC(38, 18))
     OR instrument_id IN (SELECT instrument_id FROM moved)
), weighed AS (
  SELECT instrument_id, coalesce(listed, FALSE) AS listed, coalesce(book, 0) AS book, coalesce(broker, 0) AS broker,
         coalesce(baseline, 0) AS baseline, coalesce(baseline, 0) + coalesce(moved.quantity, 0) AS implied,
         coalesce(book_cost, 0) AS book_cost, broker_cost
  FROM suspect
  FULL JOIN moved USING (instrument_id)
), differing AS MATERIALIZED (
  SELECT instrument_id, listed, book, broker, baseline, implied, book_cost, broker_cost
  FROM weighed
  WHERE book <> broker
     OR (:has_baseline AND implied <> broker)
     OR abs(CAST(book_cost - broker_cost AS DOUBLE PRECISION))
        > greatest(CAST(:cost_absolute AS DOUBLE PRECISION), abs(CAST(broker_cost AS DOUBLE PRECISION)) * CAST(:cost_relative AS DOUBLE PRECISION))
), few AS (
  -- grouped for the planner: it then knows that they are few, and builds its hash tables on them and not on the ledger
  SELECT instrument_id FROM differing GROUP BY instrument_id
), entered AS MATERIALIZED (
  -- the ledger's entries of those few; the other conditions are asked of them alone
  SELECT instrument_id, seq, business_date, event, record_id, quantity
  FROM ledger_entry
  WHERE account_id = :account_id AND instrument_id IN (SELECT instrument_id FROM few)
), held AS (
  -- what we held when the baseline was taken, as known now, and what our own rounding took away since
  SELECT instrument_id, SUM(quantity) AS quantity
  FROM entered
  WHERE seq <= :ledger_seq AND business_date <= CAST(:book_date AS DATE)
    AND (business_date <= CAST(:baseline_date AS DATE) OR (event = 'adjustment' AND record_id LIKE 'ADJ-%'))
    AND seq NOT IN (SELECT seq FROM left_out)
  GROUP BY instrument_id
), delivered AS (
  -- sequences whose shares came with an option's premium: a broker may keep the strike as their cost
  SELECT seq FROM entered WHERE event = 'premium' AND seq <= :ledger_seq GROUP BY seq
), brought AS (
  -- what a lot still holds of it: as much of the premium as of the cost it was opened with
  SELECT instrument_id, lot_id, SUM(CASE WHEN quantity = 0 AND seq IN (SELECT seq FROM delivered) THEN cost_basis END) AS premium,
         SUM(CASE WHEN seq IN (SELECT seq FROM delivered) THEN cost_basis END) AS opened, SUM(cost_basis) AS kept
  FROM lot
  WHERE account_id = :account_id AND seq <= :ledger_seq AND instrument_id IN (SELECT instrument_id FROM few)
  GROUP BY instrument_id, lot_id
), premiums AS (
  SELECT instrument_id, CAST(SUM(CAST(premium AS DOUBLE PRECISION) * CAST(kept AS DOUBLE PRECISION) / CAST(opened AS DOUBLE PRECISION)) AS NUMERIC(38, 6)) AS premium
  FROM brought
  WHERE premium <> 0 AND opened <> 0
  GROUP BY instrument_id
), priced AS (
  SELECT snapshot_id, instrument_id, currency, market_price
  FROM snapshot_position
  WHERE snapshot_id IN (:snapshot_id, :baseline_id) AND instrument_id IN (SELECT instrument_id FROM few)
)
SELECT d.instrument_id, i.symbol, i.asset_class, i.currency, i.multiplier, i.underlying, d.listed,
       p.currency AS broker_currency, d.book, d.broker, CASE WHEN :has_baseline AND d.instrument_id NOT IN (SELECT instrument_id FROM untold) THEN d.implied END AS implied,
       coalesce(held.quantity, 0) - d.baseline AS carried, d.book_cost, d.broker_cost, coalesce(premiums.premium, 0) AS premium,
       p.market_price AS price_now, b.market_price AS price_before
FROM differing AS d
JOIN instrument AS i ON i.instrument_id = d.instrument_id
LEFT JOIN held ON held.instrument_id = d.instrument_id
LEFT JOIN premiums ON premiums.instrument_id = d.instrument_id
LEFT JOIN priced AS p ON p.snapshot_id = :snapshot_id AND p.instrument_id = d.instrument_id
LEFT JOIN priced AS b ON b.snapshot_id = :baseline_id AND b.instrument_id = d.instrument_id
ORDER BY i.symbol
