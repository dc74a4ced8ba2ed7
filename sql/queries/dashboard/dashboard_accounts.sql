-- dashboard_accounts: every account with what its newest accepted snapshot shows, and how its last close ended.
-- grain:   one row per account
-- store:   warehouse
-- params:  none
-- returns: account_id TEXT, broker TEXT, mode TEXT, base_currency TEXT, snapshot_id BIGINT, business_date DATE,
--          captured_at TIMESTAMP, equity DECIMAL, previous_equity DECIMAL (of the close before), cash DECIMAL,
--          settled_cash DECIMAL, buying_power DECIMAL, positions BIGINT, state TEXT, coverage DECIMAL, breaks_open BIGINT, critical_open BIGINT, closed_on DATE
SELECT a.account_id, a.broker, a.mode, a.base_currency, s.snapshot_id, s.business_date, s.captured_at, b.equity,
       v.equity AS previous_equity, b.cash, b.settled_cash, b.buying_power, s.positions, r.state, r.coverage, r.breaks_open, r.critical_open,
       r.business_date AS closed_on
FROM account AS a
LEFT JOIN (
  SELECT account_id, snapshot_id, business_date, captured_at, positions,
         row_number() OVER (PARTITION BY account_id ORDER BY captured_at DESC, snapshot_id DESC) AS back
  FROM snapshot
  WHERE status = 'accepted'
) AS s ON s.account_id = a.account_id AND s.back = 1
LEFT JOIN snapshot_balance AS b ON b.snapshot_id = s.snapshot_id AND b.currency = a.base_currency
LEFT JOIN (
  SELECT n.account_id, n.currency, n.equity, row_number() OVER (
           PARTITION BY n.account_id, n.currency ORDER BY n.business_date DESC, length(n.run_id) DESC, n.run_id DESC) AS back
  FROM nav AS n
  JOIN (SELECT account_id, MAX(business_date) AS last_date FROM snapshot WHERE status = 'accepted' GROUP BY account_id) AS l
    ON l.account_id = n.account_id AND n.business_date < l.last_date
  WHERE n.source = 'broker'
) AS v ON v.account_id = a.account_id AND v.currency = a.base_currency AND v.back = 1
LEFT JOIN (
  SELECT account_id, state, coverage, breaks_open, critical_open, business_date,
         row_number() OVER (PARTITION BY account_id ORDER BY finished_at DESC) AS back
  FROM recon_run
) AS r ON r.account_id = a.account_id AND r.back = 1
ORDER BY a.account_id
