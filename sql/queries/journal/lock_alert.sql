-- lock_alert: what is known of one subject, held until the transaction ends; one that was never told is made as over.
-- grain:   one row
-- store:   journal
-- params:  subject TEXT, now TIMESTAMP
-- returns: alert_id BIGINT, subject TEXT, source TEXT, account_id TEXT, fingerprint TEXT, severity TEXT, title TEXT,
--          state TEXT, first_seen TIMESTAMP, last_seen TIMESTAMP, occurrences INT, tellings INT, told_at TIMESTAMP,
--          until TIMESTAMP, taken_by TEXT, reason TEXT, money_at_risk DECIMAL
INSERT INTO alert
    (subject, source, fingerprint, severity, title, state, first_seen, last_seen, occurrences, tellings)
VALUES (:subject, '', '', 'info', '', 'over', :now, :now, 0, 0)
ON CONFLICT (subject) DO UPDATE SET subject = alert.subject
RETURNING
    alert_id, subject, source, account_id, fingerprint, severity, title, state, first_seen, last_seen, occurrences,
    tellings, told_at, until, taken_by, reason, money_at_risk
