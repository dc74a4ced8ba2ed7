-- report_balances: cash by currency as broker and book state it.
-- grain:   one row per currency
-- store:   warehouse
-- params:  snapshot_id BIGINT, account_id TEXT, ledger_seq BIGINT (the book as the run saw it),
--          late IDS (journal sequences after the capture), book_date DATE (inclusive)
-- returns: currency TEXT, broker_cash DECIMAL, settled_cash DECIMAL, equity DECIMAL, buying_power DECIMAL, book_cash DECIMAL
SELECT coalesce(b.currency, k.currency) AS currency, b.cash AS broker_cash, b.settled_cash, b.equity, b.buying_power,
       k.quantity AS book_cash
FROM (SELECT * FROM snapshot_balance WHERE snapshot_id = :snapshot_id) AS b
FULL JOIN (
  SELECT currency, SUM(quantity) AS quantity
  FROM ledger_entry
  WHERE account_id = :account_id AND instrument_id IS NULL AND seq <= :ledger_seq
    AND business_date <= CAST(:book_date AS DATE)
    AND seq NOT IN (SELECT CAST(one AS BIGINT) FROM (SELECT unnest(string_to_array(CAST(:late AS VARCHAR), ',')) AS one) AS seqs)
  GROUP BY currency
) AS k ON k.currency = b.currency
ORDER BY 1
