-- nav_before: net asset value at the end of the last session before a day, and the highest ever until then.
-- grain:   one row; NULLs where none is known
-- store:   warehouse
-- params:  account_id TEXT, business_date DATE, currency TEXT
-- returns: last_equity DECIMAL, peak_equity DECIMAL
SELECT
    (
        SELECT max(n.equity) FROM nav AS n
        WHERE n.account_id = :account_id AND n.currency = :currency AND n.source = 'broker'
          AND n.business_date = (
              SELECT max(l.business_date) FROM nav AS l
              WHERE l.account_id = :account_id AND l.currency = :currency AND l.source = 'broker'
                AND l.business_date < :business_date
          )
    ) AS last_equity,
    (
        SELECT max(p.equity) FROM nav AS p
        WHERE p.account_id = :account_id AND p.currency = :currency AND p.source = 'broker'
          AND p.business_date < :business_date
    ) AS peak_equity
