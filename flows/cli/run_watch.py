"""`tieout run` of the flows that look after the rest: plan, credentials, health, transfers, risk, audit, sweep."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer

from flows.cli.show import print_json

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

CREDENTIALS, HEALTH, TRANSFERS = "credential-rotation", "broker-health", "transfers-watch"
RISK, ANCHOR, SWEEP, PLAN = "risk-watch", "audit-anchor", "sweep", "plan-day"
FLOWS = (CREDENTIALS, HEALTH, TRANSFERS, RISK, ANCHOR, SWEEP, PLAN)
OF_ALL = (ANCHOR, SWEEP)
WAITING = "Waiting"
WAITS = 3  # exit code: finished, and a person is needed


def start(flow: str, accounts: list[str] | None, day: date | None = None) -> State[Any]:
    """Run one of them here and now; what is due is rotated, and nobody is waited for.

    day    of `plan-day`, which alone is about one
    """
    if flow in OF_ALL and accounts:
        raise typer.BadParameter(f"{flow} is about no account")
    given: dict[str, Any] = {} if flow in OF_ALL else {"accounts": accounts or None}
    if flow == CREDENTIALS:
        given = {"credentials": _credentials_of(accounts), "ask_for_s": 0}
    if flow == PLAN:
        given["date"] = day
    name = flow.replace("-", "_")
    state: State[Any] = getattr(import_module(f"flows.{name}"), name)(**given, return_state=True)
    return state


def tell(state: State[Any], as_json: bool) -> None:
    """The state's own words."""
    if as_json:
        told = {"flow_run_id": str(state.state_details.flow_run_id), "state": state.name, "message": state.message}
        print_json(told)
    else:
        typer.echo(f"{state.name}: {state.message}")


def _credentials_of(accounts: Sequence[str] | None) -> list[str] | None:
    """The credentials that these accounts use."""
    from tasks.settings import load_settings

    known = load_settings().credentials.values()
    return [one.credential_id for one in known if set(accounts) & set(one.accounts)] if accounts else None
