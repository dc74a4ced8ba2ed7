-- append_signal: a signal or a refusal; one whose id is known stays as it is.
-- grain:   inserts one row or none
-- store:   journal
-- params:  signal_id TEXT, account_id TEXT, source TEXT, received_at TIMESTAMP, payload JSON, state TEXT, reason TEXT,
--          strategy TEXT, content_hash TEXT, expires_at TIMESTAMP, updated_at TIMESTAMP, wish JSON
-- returns: nothing
INSERT INTO signal (
    signal_id, account_id, source, received_at, payload, state, reason, strategy, content_hash, expires_at, updated_at, wish
)
VALUES (
    :signal_id, :account_id, :source, :received_at, :payload, :state, :reason, :strategy, :content_hash, :expires_at,
    :updated_at, :wish
)
ON CONFLICT (signal_id) DO NOTHING
