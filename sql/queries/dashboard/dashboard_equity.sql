-- dashboard_equity: equity by session with its highest so far, added up over accounts that keep the same currency.
-- A session that an account was not closed in is left out of the sum, as soon as the account has begun.
-- grain:   one row per currency and session, oldest first
-- store:   warehouse
-- params:  account_id TEXT (null for all), since DATE (inclusive)
-- returns: currency TEXT, business_date DATE, equity DECIMAL, peak DECIMAL
WITH last_runs AS (
  SELECT n.account_id, n.business_date, n.currency, n.equity,
         row_number() OVER (PARTITION BY n.account_id, n.business_date ORDER BY length(n.run_id) DESC, n.run_id DESC) AS back
  FROM nav AS n
  JOIN account AS a ON a.account_id = n.account_id AND a.base_currency = n.currency
  WHERE n.source = 'broker' AND (CAST(:account_id AS VARCHAR) IS NULL OR n.account_id = :account_id)
),
sessions AS (
  SELECT currency, business_date, SUM(equity) AS equity, count(*) AS closed
  FROM last_runs
  WHERE back = 1
  GROUP BY currency, business_date
),
begun AS (
  SELECT currency, first_date, count(*) AS accounts
  FROM (SELECT account_id, currency, MIN(business_date) AS first_date FROM last_runs WHERE back = 1 GROUP BY account_id, currency) AS f
  GROUP BY currency, first_date
),
whole AS (
  SELECT s.currency, s.business_date, s.equity
  FROM sessions AS s
  JOIN begun AS b ON b.currency = s.currency AND b.first_date <= s.business_date
  GROUP BY s.currency, s.business_date, s.equity, s.closed
  HAVING s.closed = SUM(b.accounts)
)
SELECT currency, business_date, equity, peak
FROM (
  SELECT currency, business_date, equity, MAX(equity) OVER (PARTITION BY currency ORDER BY business_date) AS peak
  FROM whole
) AS known
WHERE business_date >= CAST(:since AS DATE)
ORDER BY currency, business_date
