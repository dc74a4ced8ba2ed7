"""The risk watch: every account is looked at every few minutes of the session, and its breakers are judged."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow, unmapped
from prefect.client.schemas.objects import State

from flows.forms import asked
from flows.naming import watch_run_name
from tasks.audit import note_start
from tasks.trading.risk_news import conclude_watch
from tasks.trading.risk_watch import plan_watch, watch_account

AccountNames = Annotated[
    list[str] | None,
    asked("Accounts", "Names from tieout.toml, such as alpaca-main. Empty: all enabled accounts."),
]

Live = Annotated[
    bool,
    asked("Live", "Kept exits of accounts with real money go out only where this is on."),
]


@flow(name="risk-watch", flow_run_name=watch_run_name, retries=0, log_prints=False, on_running=[note_start])
def risk_watch(accounts: AccountNames = None, live: Live = False) -> State[Any]:
    """Judge the circuit breakers and look after exits. Safe to run at any time: the same facts change nothing twice."""
    wanted = plan_watch(accounts)
    looked = watch_account.map(wanted, unmapped(live))
    return conclude_watch(wanted, looked)
