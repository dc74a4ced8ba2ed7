"""`tieout run options-expiration` and `tieout run assignment-check`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from flows.cli.show import print_json

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

EXPIRATION, ASSIGNMENT = "options-expiration", "assignment-check"
FLOWS = (EXPIRATION, ASSIGNMENT)


def start(flow: str, day: date | None, accounts: list[str] | None, *, live: bool, dry_run: bool) -> State[Any]:
    """Run one of the two here and now."""
    from flows.assignment_check import assignment_check
    from flows.options_expiration import options_expiration

    if flow == EXPIRATION:
        return options_expiration(date=day, accounts=accounts or None, dry_run=dry_run, live=live, return_state=True)
    return assignment_check(date=day, accounts=accounts or None, dry_run=dry_run, return_state=True)


def tell(state: State[Any], reports: Sequence[Path], as_json: bool) -> None:
    """What came of it; `tieout options` shows the rows."""
    told = {"flow_run_id": str(state.state_details.flow_run_id), "state": state.name, "message": state.message}
    if as_json:
        print_json(told | {"reports": list(reports)})
        return
    typer.echo(f"{state.name}: {state.message}")
    for path in reports:
        typer.echo(f"Report: {path}")
