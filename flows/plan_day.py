"""The day's plan: what each account's session needs stands in the schedule, at the minute its calendar asks for."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.forms import asked
from flows.naming import plan_run_name
from tasks.audit import note_start
from tasks.planning.draw import draw_plan
from tasks.planning.hours import compare_hours
from tasks.planning.late import thin_late_runs
from tasks.planning.schedule import schedule_runs
from tasks.planning.tell import conclude_plan

Day = Annotated[dt.date | None, asked("Day", "The day to plan. Empty: today, by each account's exchange.")]
AccountNames = Annotated[
    list[str] | None,
    asked("Accounts", "Names from tieout.toml, such as alpaca-main. Empty: all enabled accounts."),
]


@flow(name="plan-day", flow_run_name=plan_run_name, retries=0, log_prints=False, on_running=[note_start])
def plan_day(date: Day = None, accounts: AccountNames = None) -> State[Any]:
    """Plan the day. Safe to run at any time: what stands as it should is left alone."""
    # See: what the calendars ask for, and what the venues say of their hours
    plans = draw_plan(date, accounts)
    compared = compare_hours.map(list(plans))

    # Schedule, and see to what is late
    scheduled = schedule_runs(plans)
    late = thin_late_runs()

    # Tell
    return conclude_plan(plans, compared.result(), scheduled, late)
