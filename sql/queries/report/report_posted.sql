-- report_posted: how far the book reached at some moment, and when it was brought there.
-- grain:   one row, with nulls for a book without entries
-- store:   warehouse
-- params:  account_id TEXT, ledger_seq BIGINT (inclusive), until TIMESTAMP (inclusive)
-- returns: last_seq BIGINT, posted_at TIMESTAMP
SELECT max(last_seq) AS last_seq, max(posted_at) AS posted_at
FROM posting
WHERE account_id = :account_id AND last_seq <= :ledger_seq AND posted_at <= :until
