-- lock_sequence: the last journal sequence of an account; nobody else can append to the account until the transaction ends.
-- grain:   one row, made where there was none
-- store:   journal
-- params:  account_id TEXT
-- returns: last_seq BIGINT
INSERT INTO journal_sequence (account_id, last_seq) VALUES (:account_id, 0)
ON CONFLICT (account_id) DO UPDATE SET last_seq = journal_sequence.last_seq
RETURNING last_seq
