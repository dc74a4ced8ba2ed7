-- opening_date: business date of an account's last signed-off opening.
-- grain:   one row
-- store:   journal
-- params:  account_id TEXT
-- returns: business_date DATE (null where there is none)
SELECT max(business_date) AS business_date
FROM activity
WHERE account_id = :account_id AND kind = 'opening'
