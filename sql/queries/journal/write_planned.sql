-- write_planned: a planned run as it is now. One that has begun or ended meanwhile stays as it is.
-- grain:   one row per plan_key
-- store:   journal
-- params:  plan_key TEXT, flow TEXT, part TEXT, account_id TEXT, business_date DATE, due_at TIMESTAMP, state TEXT,
--          flow_run_id TEXT, report BOOLEAN, why TEXT, words TEXT, updated_at TIMESTAMP
-- returns: nothing
INSERT INTO planned_run (
  plan_key, flow, part, account_id, business_date, due_at, state, flow_run_id, report, why, words, updated_at
)
VALUES (
  :plan_key, :flow, :part, :account_id, :business_date, :due_at, :state, :flow_run_id, :report, :why, :words, :updated_at
)
ON CONFLICT (plan_key) DO UPDATE
SET flow = excluded.flow, part = excluded.part, account_id = excluded.account_id,
    business_date = excluded.business_date, due_at = excluded.due_at, state = excluded.state,
    flow_run_id = excluded.flow_run_id, report = excluded.report, why = excluded.why, words = excluded.words,
    updated_at = excluded.updated_at
WHERE planned_run.state NOT IN ('begun', 'ended')
