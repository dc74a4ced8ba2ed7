-- report_positions: positions as broker and book state them, differing ones first, then the largest.
-- grain:   one row per instrument held by either, at most `most`
-- store:   warehouse
-- params:  snapshot_id BIGINT, account_id TEXT, ledger_seq BIGINT (the book as the run saw it),
--          late IDS (journal sequences after the capture), book_date DATE (inclusive), most BIGINT
-- returns: symbol TEXT, asset_class TEXT, currency TEXT, broker DECIMAL, book DECIMAL, market_price DECIMAL,
--          market_value DECIMAL, broker_cost DECIMAL, book_cost DECIMAL, total BIGINT (rows without the limit),
--          differing BIGINT (of them)
SELECT i.symbol, i.asset_class, i.currency, p.quantity AS broker, k.quantity AS book, p.market_price, p.market_value,
       p.cost_basis AS broker_cost, k.cost_basis AS book_cost, count(*) OVER () AS total,
       SUM(CASE WHEN coalesce(p.quantity, 0) <> coalesce(k.quantity, 0) THEN 1 ELSE 0 END) OVER () AS differing
FROM (SELECT * FROM snapshot_position WHERE snapshot_id = :snapshot_id) AS p
FULL JOIN (
  SELECT instrument_id, SUM(quantity) AS quantity, SUM(cost_basis) AS cost_basis
  FROM ledger_entry
  WHERE account_id = :account_id AND instrument_id IS NOT NULL AND seq <= :ledger_seq
    AND business_date <= CAST(:book_date AS DATE)
    AND seq NOT IN (SELECT CAST(one AS BIGINT) FROM (SELECT unnest(string_to_array(CAST(:late AS VARCHAR), ',')) AS one) AS seqs)
  GROUP BY instrument_id
  HAVING SUM(quantity) <> 0
) AS k ON k.instrument_id = p.instrument_id
JOIN instrument AS i ON i.instrument_id = coalesce(p.instrument_id, k.instrument_id)
ORDER BY CASE WHEN coalesce(p.quantity, 0) <> coalesce(k.quantity, 0) THEN 0 ELSE 1 END,
         abs(coalesce(p.market_value, 0)) DESC, i.symbol
LIMIT :most
