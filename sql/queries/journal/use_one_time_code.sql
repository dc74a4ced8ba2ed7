-- use_one_time_code: note that a code of a time step was used, where none of that step or a later one was.
-- grain:   one row, or none where it was used before
-- store:   journal
-- params:  approver TEXT, step BIGINT, now TIMESTAMP
-- returns: step BIGINT
INSERT INTO one_time_code (approver, step, used_at)
VALUES (:approver, :step, :now)
ON CONFLICT (approver) DO UPDATE SET step = excluded.step, used_at = excluded.used_at
WHERE one_time_code.step < excluded.step
RETURNING step
