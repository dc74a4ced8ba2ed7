"""An execution window: signals become orders, are followed to their end, and nothing is doubled or lost on the way."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.forms import asked
from flows.naming import window_run_name
from tasks.audit import note_start
from tasks.signals.gather import gather_signals
from tasks.trading.ask import await_approvals
from tasks.trading.conclude import conclude_windows, final_state
from tasks.trading.plan import begin_window, plan_window
from tasks.trading.publish import tell
from tasks.trading.work import work_window

WindowName = Annotated[
    str | None,
    asked("Window", "Name from tieout.toml, such as session. Empty: the one that ends next."),
]
SessionDate = Annotated[dt.date | None, asked("Session", "Empty: today, by each account's exchange.")]
AccountNames = Annotated[
    list[str] | None,
    asked("Accounts", "Names from tieout.toml, such as alpaca-main. Empty: all enabled accounts."),
]
Live = Annotated[
    bool,
    asked("Live", "Accounts with real money trade only where this is on, and the account enables it."),
]
Stay = Annotated[
    bool,
    asked("Stay", "Go on taking signals until the window ends; off: end with the last order."),
]
DryRun = Annotated[
    bool | None,
    asked("Dry run", "Size and check, but send nothing. Empty: DRY_RUN decides."),
]


@flow(name="execution-window", flow_run_name=window_run_name, retries=0, log_prints=False, on_running=[note_start])
def execution_window(
    window: WindowName = None,
    date: SessionDate = None,
    accounts: AccountNames = None,
    live: Live = False,
    stay: Stay = False,
    dry_run: DryRun = None,
) -> State[Any]:
    """Trade the pending signals. Safe to run again: a signal is one intent, and an intent is one order."""
    # Plan: which accounts, in which window of which session
    plan = plan_window(window, date, accounts, live, dry_run, stay)
    due = [work for work in plan if not work.skipped]

    # Listen: what came in through folder and table
    gather_signals()

    # Act: first resolve what an earlier run left, then decide, send and follow
    begun = begin_window.map(due)
    worked = work_window.map(begun)
    await_approvals(begun, worked)

    # Tell
    outcomes = conclude_windows(plan, begun, worked)
    return final_state(outcomes, tell(outcomes))
