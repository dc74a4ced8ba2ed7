"""Planning and beginning a window: which accounts, which lease, which run."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from tasks.accounts import sessions_of
from tasks.clock import now
from tasks.log import outlive_readers
from tasks.planning.leave import leave_to_others
from tasks.runs import holder, is_dead
from tasks.settings import load_settings
from tasks.stores import Stores, open_stores
from tieout import window_plan
from tieout.closing import is_dry
from tieout.window_plan import FLOW, WindowRun


@task(task_run_name="plan", cache_policy=NO_CACHE)
def plan_window(
    window: str | None,
    wanted: date | None,
    accounts: list[str] | None,
    live: bool,
    dry_run: bool | None,
    stay: bool = False,
) -> tuple[WindowRun, ...]:
    """One work per account.

    raises    ConfigError for unknown accounts, windows or settings
    """
    outlive_readers()
    settings = load_settings()
    planned = window_plan.plan_window(
        settings,
        window,
        wanted,
        accounts,
        now(),
        live=live,
        dry_run=is_dry(settings, dry_run),
        stay=stay,
        sessions_of=sessions_of,
    )
    return leave_to_others(FLOW, planned, window)


@task(task_run_name="begin {work.account_id} {work.window} {work.business_date}", cache_policy=NO_CACHE)
def begin_window(work: WindowRun) -> WindowRun:
    """Number the run and take the account's lease for the window, from the dead too.

    raises    StoreError where another run holds the lease
    """
    from sql.leases import acquire
    from sql.records import record_account
    from sql.runs import start_run

    with open_stores() as stores, stores.journal.write() as journal:
        ttl = timedelta(seconds=stores.settings.lease_s)
        lease = acquire(journal, work.lease_key, holder(), now(), ttl, is_dead)
        record_account(journal, stores.settings.accounts[work.account_id].account)
        run_id = start_run(journal, work.account_id, FLOW, work.business_date, now(), flow_run.id)
    return work.begun(run_id, lease.token)


def end_window(stores: Stores, work: WindowRun, state: str, outcome: dict[str, Any]) -> None:
    """Write down how the run ended and give the lease back."""
    from sql.leases import Lease, release
    from sql.runs import end_run

    if work.run_id is None:
        return
    with stores.journal.write() as journal:
        end_run(journal, work.run_id, state, outcome, now())
        release(journal, Lease(work.lease_key, holder(), work.token), now())
