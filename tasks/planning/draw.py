"""Drawing the plan: settings, calendars and planned outages in, the day's runs out. No server, no venue, no store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.accounts import sessions_of
from tasks.clock import now
from tasks.settings import load_settings
from tieout.closing import choose_accounts
from tieout.planning.rules import DayPlan, Due, dues_of, plan_account
from tieout.settings import AccountSettings, Settings


@task(task_run_name="draw", cache_policy=NO_CACHE)
def draw_plan(day: date | None, accounts: list[str] | None) -> tuple[DayPlan, ...]:
    """Each account's runs of the day.

    day       None means today, by each account's exchange
    raises    ConfigError for unknown accounts or settings
    """
    return plan_of(load_settings(), day, accounts, now())


def plan_of(
    settings: Settings, day: date | None, accounts: Sequence[str] | None, moment: datetime
) -> tuple[DayPlan, ...]:
    """As `draw_plan`, for settings that are read already.

    moment    UTC
    """
    from brokers.registry import planned_outages

    chosen = choose_accounts(settings, accounts)
    return tuple(plan_account(settings, one, day, moment, sessions_of(one), planned_outages(one)) for one in chosen)


def dues_before(settings: Settings, account: AccountSettings, plan: DayPlan, first: date) -> tuple[Due, ...]:
    """Runs of the sessions before the plan's day, as many as are looked back for and none before `first`."""
    from brokers.registry import planned_outages

    sessions, session = sessions_of(account), plan.day
    found: list[Due] = []
    for _ in range(settings.plan.catch_up_sessions):
        session = sessions.previous(session)
        if session < first:
            break
        found += dues_of(settings, account, session, sessions, planned_outages(account))
    return tuple(found)
