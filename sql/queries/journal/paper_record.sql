-- paper_record: how the last close of each session of a broker's paper accounts ended.
-- grain:   one row per account and session
-- store:   journal
-- params:  broker TEXT
-- returns: account_id TEXT, business_date DATE, state TEXT
SELECT r.account_id, r.business_date, r.state
FROM run AS r
JOIN account AS a ON a.account_id = r.account_id
JOIN (
  SELECT account_id, business_date, MAX(number) AS number
  FROM run
  WHERE flow = 'eod-reconciliation' AND ended_at IS NOT NULL AND state <> 'dry_run'
  GROUP BY account_id, business_date
) AS last_run ON last_run.account_id = r.account_id AND last_run.business_date = r.business_date
             AND last_run.number = r.number
WHERE a.broker = :broker AND a.mode = 'paper'
ORDER BY r.account_id, r.business_date
