"""Is every account within reach, and is it what the settings say? Asked before a session needs it."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.forms import asked
from tasks.audit import note_start
from tasks.health import conclude_health, examine_accounts, publish_checks

AccountNames = Annotated[
    list[str] | None,
    asked("Accounts", "Names from tieout.toml, such as alpaca-main. Empty: all enabled accounts."),
]


@flow(name="broker-health", retries=0, log_prints=False, on_running=[note_start])
def broker_health(accounts: AccountNames = None) -> State[Any]:
    """Ask what `tieout doctor` asks. Touches no order; safe to run at any time."""
    checks = examine_accounts(accounts)
    publish_checks(checks)
    return conclude_health(checks)
