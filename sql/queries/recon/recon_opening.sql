-- recon_opening: whether the book begins with a signed-off opening.
-- grain:   one row
-- store:   warehouse
-- params:  account_id TEXT
-- returns: openings BIGINT (entries), last_opening DATE
SELECT count(*) AS openings, max(business_date) AS last_opening
FROM ledger_entry
WHERE account_id = :account_id AND event IN ('opening', 'opening.coin')
