"""The close ties out: every configured account is proven against its broker, and every difference is explained."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner

from flows.forms import asked
from flows.naming import close_run_name
from tasks.audit import note_start
from tasks.capture import take_snapshot
from tasks.judge import check_quality, reconcile_account
from tasks.lock_breaks import lock_breaks
from tasks.outcome import conclude, final_state
from tasks.plan import plan_closes
from tasks.publish import tell
from tasks.retries import read_retries
from tasks.runs import begin_run
from tasks.settle import settle_orders

# A hundred threads that wait for the warehouse's lock keep the one that holds it from running: without this bound a
# close of 100 accounts was not done after three times the time. A retry that waits holds a thread: no tighter, then.
AT_ONCE = 32

BusinessDate = Annotated[
    dt.date | None,
    asked("Business date", "Session to close. Empty: the last closed session of each account."),
]
AccountNames = Annotated[
    list[str] | None,
    asked("Accounts", "Names from tieout.toml, such as alpaca-main. Empty: all enabled accounts."),
]
DryRun = Annotated[
    bool | None,
    asked(
        "Dry run",
        "Look and compare, but change no book and no case, and alert nobody. Empty: DRY_RUN decides.",
    ),
]


@flow(
    name="eod-reconciliation",
    flow_run_name=close_run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=AT_ONCE),  # type: ignore[arg-type]  # Prefect's own types disagree
    retries=0,
    log_prints=False,
    on_running=[note_start],
)
def eod_reconciliation(date: BusinessDate = None, accounts: AccountNames = None, dry_run: DryRun = None) -> State[Any]:
    """Tie the book out against every broker. Safe to run again: keyed by account and business date."""
    # Plan: which accounts, which session
    closes = plan_closes(date, accounts, dry_run)
    due = [close for close in closes if not close.skipped]

    # See, and judge what is seen; before that, book what windows have left
    begun = begin_run.map(due)
    settled = settle_orders.map(begun)
    seen = take_snapshot.with_options(**read_retries()).map(settled)
    judged = check_quality.map(seen)

    # Tie out
    tied = reconcile_account.map(judged)
    locked = lock_breaks.map(tied)

    # Tell
    outcomes = conclude(closes, begun, settled, seen, judged, tied, locked)
    return final_state(outcomes, tell(outcomes))
