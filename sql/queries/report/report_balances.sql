-- report_balances: cash by currency as broker and book state it.
-- grain:   one row per currency
-- params:  snapshot_id BIGINT, account_id TEXT, business_date DATE (inclusive)
-- returns: currency TEXT, broker_cash DECIMAL, settled_cash DECIMAL, equity DECIMAL, book_cash DECIMAL
SELECT coalesce(b.currency, k.currency) AS currency, b.cash AS broker_cash, b.settled_cash, b.equity,
       k.quantity AS book_cash
FROM (SELECT * FROM snapshot_balance WHERE snapshot_id = :snapshot_id) AS b
FULL JOIN (
  SELECT currency, SUM(quantity) AS quantity
  FROM ledger_entry
  WHERE account_id = :account_id AND instrument_id IS NULL AND business_date <= CAST(:business_date AS DATE)
  GROUP BY currency
) AS k ON k.currency = b.currency
ORDER BY 1
