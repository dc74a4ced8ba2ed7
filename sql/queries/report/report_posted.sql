-- report_posted: when the book was last brought up to a journal sequence, and how far it reaches.
-- grain:   one row, with nulls for a book without entries
-- store:   warehouse
-- params:  account_id TEXT, ledger_seq BIGINT
-- returns: last_seq BIGINT, posted_at TIMESTAMP
SELECT max(last_seq) AS last_seq, max(posted_at) AS posted_at
FROM posting
WHERE account_id = :account_id AND last_seq <= :ledger_seq
