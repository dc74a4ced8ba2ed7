-- report_nav: equity of an account by session, the last run of each.
-- grain:   one row per session and currency, oldest first
-- params:  account_id TEXT, business_date DATE (inclusive)
-- returns: business_date DATE, currency TEXT, equity DECIMAL
SELECT business_date, currency, equity
FROM (
  SELECT business_date, currency, equity,
         row_number() OVER (PARTITION BY business_date, currency ORDER BY run_id DESC) AS nth
  FROM nav
  WHERE account_id = :account_id AND business_date <= CAST(:business_date AS DATE) AND source = 'broker'
) AS runs
WHERE nth = 1
ORDER BY business_date, currency
