-- count_alert: one more occurrence on a day, and one more telling where there was one.
-- grain:   one row
-- store:   journal
-- params:  day DATE (UTC), source TEXT, severity TEXT, tellings INT (0 or 1)
-- returns: occurrences INT
INSERT INTO alert_tally (day, source, severity, occurrences, tellings)
VALUES (:day, :source, :severity, 1, :tellings)
ON CONFLICT (day, source, severity) DO UPDATE
SET occurrences = alert_tally.occurrences + 1, tellings = alert_tally.tellings + excluded.tellings
RETURNING occurrences
