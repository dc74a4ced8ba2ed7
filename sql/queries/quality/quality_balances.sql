-- quality_balances: every balance of one snapshot, beside what its positions are worth, with one flag per check.
--          Cash and what the positions add to it must make equity. Shares, options, coins and funds add their market
--          value; perpetuals, futures, forex and CFDs are held on margin and add their unrealised result; currencies
--          among the positions add nothing, for cash counts them already. The sums are exact, only what the tolerances
--          allow is a double. Where a figure is missing or in another currency nothing can be added up: unproven.
-- grain:   one row per stored balance
-- params:  snapshot_id BIGINT, account_id TEXT, base_currency TEXT (empty where no balance states equity),
--          money DECIMAL (absolute), tolerance_equity DECIMAL (relative, as all below), tolerance_option DECIMAL,
--          tolerance_crypto DECIMAL, tolerance_perpetual DECIMAL, tolerance_future DECIMAL, tolerance_forex DECIMAL,
--          tolerance_cfd DECIMAL, tolerance_fund DECIMAL
-- returns: account_id TEXT, currency TEXT, cash DECIMAL, settled_cash DECIMAL, equity DECIMAL,
--          positions_value DECIMAL (base currency), difference DECIMAL (equity less cash and positions),
--          unvalued INT (positions without a figure), foreign_rows INT (positions and cash in another currency),
--          account_differs BOOLEAN, currency_malformed BOOLEAN, equity_disagrees BOOLEAN, equity_unproven BOOLEAN
SELECT r.account_id, r.currency, r.cash, r.settled_cash, r.equity, r.positions_value, r.difference, r.unvalued,
       r.foreign_rows, r.account_differs, r.currency_malformed,
       r.proven AND abs(r.difference) > r.allowed AS equity_disagrees,
       r.equity IS NOT NULL AND NOT r.proven AS equity_unproven
FROM (
  SELECT b.account_id, b.currency, b.cash, b.settled_cash, b.equity, t.positions_value,
         b.equity - b.cash - t.positions_value AS difference,
         t.unvalued, t.foreign_positions + c.foreign_cash AS foreign_rows,
         t.allowed + CAST(:money AS DOUBLE PRECISION) AS allowed,
         b.account_id <> :account_id AS account_differs,
         b.currency NOT SIMILAR TO '[A-Z0-9]{2,12}' AS currency_malformed,
         b.equity IS NOT NULL AND b.currency = :base_currency
           AND t.unvalued = 0 AND t.foreign_positions = 0 AND c.foreign_cash = 0 AS proven
  FROM snapshot_balance AS b
  CROSS JOIN (
    SELECT coalesce(sum(CASE WHEN p.currency = :base_currency THEN p.adds END), 0) AS positions_value,
           coalesce(sum(CASE WHEN p.currency = :base_currency THEN CAST(p.gross AS DOUBLE PRECISION) * CASE p.asset_class
             WHEN 'equity' THEN CAST(:tolerance_equity AS DOUBLE PRECISION)
             WHEN 'option' THEN CAST(:tolerance_option AS DOUBLE PRECISION)
             WHEN 'crypto' THEN CAST(:tolerance_crypto AS DOUBLE PRECISION)
             WHEN 'perpetual' THEN CAST(:tolerance_perpetual AS DOUBLE PRECISION)
             WHEN 'future' THEN CAST(:tolerance_future AS DOUBLE PRECISION)
             WHEN 'forex' THEN CAST(:tolerance_forex AS DOUBLE PRECISION)
             WHEN 'cfd' THEN CAST(:tolerance_cfd AS DOUBLE PRECISION)
             WHEN 'fund' THEN CAST(:tolerance_fund AS DOUBLE PRECISION)
             ELSE 0 END END), 0) AS allowed,
           CAST(coalesce(sum(p.missing), 0) AS BIGINT) AS unvalued,
           CAST(coalesce(sum(CASE WHEN p.currency <> :base_currency AND p.asset_class <> 'cash' THEN p.held END), 0) AS BIGINT)
             AS foreign_positions
    FROM (
      SELECT q.currency, q.asset_class, count(*) AS held,
             sum(CASE WHEN q.asset_class = 'cash' THEN 0
                      WHEN q.asset_class IN ('perpetual', 'future', 'forex', 'cfd') THEN q.unrealized_pnl
                      ELSE q.market_value END) AS adds,
             count(CASE WHEN q.asset_class = 'cash' THEN NULL
                        WHEN q.asset_class IN ('perpetual', 'future', 'forex', 'cfd') THEN CASE WHEN q.unrealized_pnl IS NULL THEN 1 END
                        WHEN q.market_value IS NULL THEN 1 END) AS missing,
             sum(abs(q.market_value)) AS gross
      FROM snapshot_position AS q
      WHERE q.snapshot_id = :snapshot_id
      GROUP BY q.currency, q.asset_class
    ) AS p
  ) AS t
  CROSS JOIN (
    SELECT count(*) AS foreign_cash
    FROM snapshot_balance AS o
    WHERE o.snapshot_id = :snapshot_id AND o.currency <> :base_currency AND o.cash <> 0
  ) AS c
  WHERE b.snapshot_id = :snapshot_id
) AS r
