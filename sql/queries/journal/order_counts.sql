-- order_counts: how many of an account's orders may trade at the venue now, and how many of a session did or may.
-- grain:   one row
-- store:   journal
-- params:  account_id TEXT, business_date DATE
-- returns: open_orders BIGINT, trades_today BIGINT
SELECT coalesce(sum(o.is_open), 0) AS open_orders,
       coalesce(sum(CASE WHEN o.of_today = 1 AND (o.is_open = 1 OR o.has_traded = 1) THEN 1 ELSE 0 END), 0)
           AS trades_today
FROM (
    SELECT CASE WHEN i.state IN ('sending', 'unknown', 'working', 'partially_filled') THEN 1 ELSE 0 END AS is_open,
           CASE WHEN i.business_date = :business_date THEN 1 ELSE 0 END AS of_today,
           CASE WHEN CAST(i.filled AS REAL) > 0 OR CAST(i.booked AS REAL) > 0 THEN 1 ELSE 0 END AS has_traded
    FROM intent AS i
    WHERE i.account_id = :account_id
) AS o
