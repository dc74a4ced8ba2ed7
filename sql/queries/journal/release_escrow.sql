-- release_escrow: an intent keeps nothing any more, at no account.
-- grain:   the intent's rows that are still held
-- store:   journal
-- params:  intent_id TEXT, now TIMESTAMP, why TEXT
-- returns: nothing
UPDATE escrow SET released_at = :now, why = :why
WHERE intent_id = :intent_id AND released_at IS NULL
