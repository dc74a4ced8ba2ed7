-- open_approvals: questions that nobody has answered yet, the one that lapses first on top.
-- grain:   one row per intent
-- store:   journal
-- params:  none
-- returns: intent_id TEXT, asked_at TIMESTAMP, until TIMESTAMP, evidence JSON, agreed JSON, wrong_codes INT,
--          account_id TEXT, business_date DATE, execution_window TEXT
SELECT a.intent_id, a.asked_at, a.until, a.evidence, a.agreed, a.wrong_codes, i.account_id,
       i.business_date, i."window" AS execution_window
FROM approval AS a
JOIN intent AS i ON i.intent_id = a.intent_id
WHERE a.decided_at IS NULL
ORDER BY a.until, a.asked_at, a.intent_id
