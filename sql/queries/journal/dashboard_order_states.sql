-- dashboard_order_states: how many decisions to trade stand in which state, those of the last session and all that are open.
-- grain:   one row per state
-- store:   journal
-- params:  account_id TEXT (null for all)
-- returns: state TEXT, orders BIGINT
SELECT i.state, count(*) AS orders
FROM intent AS i
WHERE (CAST(:account_id AS VARCHAR) IS NULL OR i.account_id = :account_id)
  AND (i.state IN ('planned', 'awaiting_approval', 'approved', 'sending', 'unknown', 'working', 'partially_filled')
       OR i.business_date = (SELECT MAX(business_date) FROM intent
                             WHERE CAST(:account_id AS VARCHAR) IS NULL OR account_id = :account_id))
GROUP BY i.state
ORDER BY i.state
