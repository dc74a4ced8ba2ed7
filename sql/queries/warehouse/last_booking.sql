-- last_booking: the legs of a journal record's last standing booking, and where it was first booked.
-- grain:   one row per leg, or none for a record that moved nothing
-- params:  account_id TEXT, record_kind TEXT, record_id TEXT
-- returns: seq BIGINT, leg INT, record_kind TEXT, record_id TEXT, event TEXT, instrument_id BIGINT, currency TEXT,
--          quantity DECIMAL, cost_basis DECIMAL, realized_pnl DECIMAL, business_date DATE, settles_on DATE,
--          first_seq BIGINT, first_date DATE
WITH legs AS (
  SELECT seq, leg, record_kind, record_id, event, instrument_id, currency, quantity, cost_basis, realized_pnl,
         business_date, settles_on
  FROM ledger_entry
  WHERE account_id = :account_id AND record_kind = :record_kind AND record_id = :record_id
), standing AS (  -- what takes a booking back says so on its first leg
  SELECT min(seq) AS first_seq, min(business_date) AS first_date, max(seq) AS last_seq
  FROM legs
  WHERE leg = 0 AND event NOT LIKE 'reversal%'
)
SELECT l.seq, l.leg, l.record_kind, l.record_id, l.event, l.instrument_id, l.currency, l.quantity, l.cost_basis,
       l.realized_pnl, l.business_date, l.settles_on, s.first_seq, s.first_date
FROM legs AS l
JOIN standing AS s ON s.last_seq = l.seq
ORDER BY l.leg
