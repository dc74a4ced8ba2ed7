"""The options expiration: forecast days ahead, decide before the broker's cut-off, say what the night will bring."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from prefect import flow, unmapped
from prefect.client.schemas.objects import State
from prefect.futures import wait

from flows.forms import asked
from flows.naming import options_run_name
from tasks.audit import note_start
from tasks.options.expiration import keep_forecast, look_at_options
from tasks.options.plan import plan_options
from tasks.options.settle import settle_instructions
from tasks.options.tell import conclude_expiration
from tasks.retries import read_retries
from tasks.runs import begin_run
from tieout.planning.settings import EXPIRATION

Session = Annotated[dt.date | None, asked("Session", "Empty: today's, or the next one.")]
AccountNames = Annotated[
    list[str] | None,
    asked("Accounts", "Names from tieout.toml, such as alpaca-main. Empty: all enabled accounts."),
]
Days = Annotated[int | None, asked("Sessions ahead", "Empty: `days` of the [options] table.", ge=0, le=260)]
DryRun = Annotated[
    bool | None,
    asked("Dry run", "Look and tell, but keep, reserve and propose nothing. Empty: DRY_RUN."),
]
Live = Annotated[bool, asked("Live", "Approved instructions of accounts with real money go out only where on.")]


@flow(name="options-expiration", flow_run_name=options_run_name, retries=0, log_prints=False, on_running=[note_start])
def options_expiration(
    date: Session = None,
    accounts: AccountNames = None,
    days: Days = None,
    dry_run: DryRun = None,
    live: Live = False,
) -> State[Any]:
    """Forecast every expiring option. Safe to run at any time; it proposes, and tells only what was agreed to."""
    closes = plan_options(date, accounts, dry_run)
    due = [close for close in closes if not close.skipped]

    begun = begin_run.map(due, unmapped(EXPIRATION))
    told = settle_instructions.map(begun, unmapped(live))
    wait(list(told))
    looked = look_at_options.with_options(**read_retries()).map(begun, unmapped(days))
    kept = keep_forecast.map(begun, looked)

    return conclude_expiration(closes, begun, told, looked, kept)
