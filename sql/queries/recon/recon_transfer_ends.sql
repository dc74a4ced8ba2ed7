-- recon_transfer_ends: transfers that the statements of all accounts tell of around a session, the venue's last word on each.
-- grain:   one row per account and activity
-- store:   warehouse
-- params:  from_date DATE (business date, inclusive), until_date DATE (inclusive)
-- returns: account_id TEXT, activity_id TEXT, code TEXT (coin, currency or symbol), amount DECIMAL (signed),
--          occurred_at TIMESTAMP, reference TEXT (empty where there is none)
WITH claimed AS (
  SELECT a.account_id, a.activity_id, a.status, a.occurred_at, coalesce(a.group_id, '') AS reference,
         CASE WHEN a.quantity <> 0 THEN coalesce(i.underlying, i.symbol) ELSE a.currency END AS code,
         CASE WHEN a.quantity <> 0 THEN a.quantity ELSE a.amount END AS amount,
         a.quantity <> 0 AND a.amount <> 0 AS moves_both,
         row_number() OVER (PARTITION BY a.account_id, a.activity_id
                            ORDER BY s.captured_at DESC, CASE a.status WHEN 'cancelled' THEN 2 WHEN 'corrected' THEN 1 ELSE 0 END DESC, a.snapshot_id) AS nth
  FROM statement_activity AS a
  JOIN snapshot AS s ON s.snapshot_id = a.snapshot_id AND s.status = 'accepted'
  LEFT JOIN instrument AS i ON i.instrument_id = a.instrument_id
  WHERE a.kind IN ('transfer', 'journal')
    AND a.business_date >= CAST(:from_date AS DATE) AND a.business_date <= CAST(:until_date AS DATE)
)
SELECT account_id, activity_id, code, amount, occurred_at, reference
FROM claimed
WHERE nth = 1 AND status <> 'cancelled' AND amount <> 0 AND NOT moves_both
ORDER BY account_id, activity_id
