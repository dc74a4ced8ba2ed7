"""`tieout breaks`: what does not tie out, or did not at a moment in the past."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

import typer

from flows.cli.options import AsJson, OneAccount, read_as_of
from flows.cli.show import print_json, print_table
from tieout.recon.types import CaseState, Severity

COLUMNS = (
    "break_id",
    "account_id",
    "kind",
    "subject",
    "cause",
    "severity",
    "state",
    "age_sessions",
    "money_at_risk",
    "first_seen",
    "last_seen",
    "explanation",
)


def breaks(
    account: OneAccount = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="As it stood: after a session's runs, or at a moment (2026-01-16T21:30:00Z)."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Resolved and closed ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the open breaks, heaviest and oldest first. `tieout explain break ID` shows the evidence."""
    cases = _cases(account, as_of, everything)
    if as_json:
        print_json(cases)
        return
    if not cases:
        typer.echo("No breaks are open." if not everything else "There are no breaks.")
        return
    print_table(COLUMNS, ([one[name] for name in COLUMNS] for one in cases))
    typer.echo(f"{len(cases)} breaks")


def _cases(account: str | None, as_of: str | None, everything: bool) -> list[dict[str, Any]]:
    from tasks.settings import load_settings
    from tieout.closing import choose_accounts

    moment = read_as_of(as_of) if as_of else None
    if account:
        choose_accounts(load_settings(), [account])
    return sorted(_read(account, moment, everything), key=_heaviest_first)


def _read(account: str | None, moment: date | datetime | None, everything: bool) -> list[dict[str, Any]]:
    from sql.cases import read_cases
    from tasks.stores import open_stores
    from tieout.ids import AccountId

    states = None if everything else (CaseState.OPEN,)
    with open_stores() as stores, stores.journal.read() as journal:
        return read_cases(journal, AccountId(account) if account else None, moment, states)


def _heaviest_first(case: Mapping[str, Any]) -> tuple[object, ...]:
    weight = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return weight[Severity(case["severity"])], case["first_seen"], case["break_id"]
