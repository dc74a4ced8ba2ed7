-- record_account: an account as it is configured now.
-- grain:   one row per account
-- store:   journal
-- params:  account_id TEXT, broker TEXT, mode TEXT, base_currency TEXT, calendar TEXT
-- returns: nothing
INSERT INTO account (account_id, broker, mode, base_currency, calendar)
VALUES (:account_id, :broker, :mode, :base_currency, :calendar)
ON CONFLICT (account_id) DO UPDATE
SET broker = excluded.broker, mode = excluded.mode, base_currency = excluded.base_currency, calendar = excluded.calendar
