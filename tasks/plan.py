"""Planning a run: which accounts, which session, read from the settings and the exchanges' calendars."""

from __future__ import annotations

from datetime import date
from functools import partial

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.accounts import sessions_of
from tasks.clock import now
from tasks.log import outlive_readers
from tasks.planning.leave import leave_to_others, starter
from tasks.settings import load_settings
from tieout import closing
from tieout.closing import Close
from tieout.planning.leave import Starter
from tieout.planning.settings import CLOSE


@task(task_run_name="plan", cache_policy=NO_CACHE)
def plan_closes(wanted: date | None, accounts: list[str] | None, dry_run: bool | None) -> tuple[Close, ...]:
    """One close per account.

    dry_run   None leaves it to DRY_RUN

    raises    ConfigError for unknown accounts or settings; DataError for a session that has not closed yet
    """
    outlive_readers()
    settings = load_settings()
    plan = partial(closing.plan_closes, settings, wanted, accounts, now())
    dry = closing.is_dry(settings, dry_run)
    scheduled = starter() is Starter.SCHEDULE
    return leave_to_others(CLOSE, plan(scheduled=scheduled, dry_run=dry, sessions_of=sessions_of))
