"""Nothing leaves an account unseen: transfers, changed account flags, and positions that must be reported."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.forms import asked
from tasks.audit import note_start
from tasks.large import report_large_positions
from tasks.trading.risk_watch import plan_watch
from tasks.transfers import conclude_transfers, watch_transfers

AccountNames = Annotated[
    list[str] | None,
    asked("Accounts", "Names from tieout.toml, such as alpaca-main. Empty: all enabled accounts."),
]


@flow(name="transfers-watch", retries=0, log_prints=False, on_running=[note_start])
def transfers_watch(accounts: AccountNames = None) -> State[Any]:
    """Tell what moved since the last look, and what grew large. Safe to run at any time: each is told once."""
    wanted = plan_watch(accounts)
    watched = watch_transfers.map(wanted)
    large = report_large_positions.submit()
    return conclude_transfers(wanted, watched, large)
