-- lock_audit_chain: the end of the audit trail; nobody else can append to it until the transaction ends.
-- grain:   one row, made where there was none
-- store:   journal
-- params:  genesis TEXT (what the first event follows)
-- returns: event_id BIGINT, event_hash TEXT
INSERT INTO audit_chain (chain_id, event_id, event_hash) VALUES (1, 0, :genesis)
ON CONFLICT (chain_id) DO UPDATE SET event_id = audit_chain.event_id
RETURNING event_id, event_hash
