-- report_nav: equity of an account by session, the last run of each.
-- grain:   one row per session, oldest first, at most the last `most` sessions
-- store:   warehouse
-- params:  account_id TEXT, currency TEXT, business_date DATE (inclusive), most BIGINT
-- returns: business_date DATE, equity DECIMAL
SELECT business_date, equity
FROM (
  SELECT business_date, equity, row_number() OVER (ORDER BY business_date DESC) AS back
  FROM (
    SELECT business_date, equity, row_number() OVER (PARTITION BY business_date ORDER BY length(run_id) DESC, run_id DESC) AS nth
    FROM nav
    WHERE account_id = :account_id AND currency = :currency AND business_date <= CAST(:business_date AS DATE) AND source = 'broker'
  ) AS runs
  WHERE nth = 1
) AS sessions
WHERE back <= :most
ORDER BY business_date
