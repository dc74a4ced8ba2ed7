-- take_lease: take a lease that is free, released, expired, abandoned or the holder's own; the fencing token grows each time.
-- grain:   one row, or none where somebody else holds it
-- store:   journal
-- params:  lease_key TEXT, holder TEXT, abandoned TEXT (a holder that is gone), now TIMESTAMP, expires_at TIMESTAMP
-- returns: token BIGINT
INSERT INTO lease (lease_key, holder, token, acquired_at, expires_at, released)
VALUES (:lease_key, :holder, 1, :now, :expires_at, FALSE)
ON CONFLICT (lease_key) DO UPDATE
SET holder = excluded.holder, token = lease.token + 1, acquired_at = excluded.acquired_at,
    expires_at = excluded.expires_at, released = FALSE
WHERE lease.released OR lease.expires_at <= :now OR lease.holder = :holder OR lease.holder = :abandoned
RETURNING token
