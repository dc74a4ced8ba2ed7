"""`tieout breaks`: what does not tie out, or did not at a moment in the past."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from flows.cli.options import AsJson, OneAccount, read_moment
from flows.cli.show import print_json, print_table
from tieout.recon.types import CaseState

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
        typer.Option("--as-of", help="As the records stood then: a date, or a moment such as 2026-01-16T21:30:00Z."),
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

    moment = read_moment(as_of) if as_of else None
    if account:
        choose_accounts(load_settings(), [account])
    return _read(account, moment, everything)


def _read(account: str | None, moment: datetime | None, everything: bool) -> list[dict[str, Any]]:
    from sql.cases import read_cases
    from tasks.stores import open_stores
    from tieout.ids import AccountId

    states = tuple(CaseState) if everything else (CaseState.OPEN,)
    with open_stores() as stores, stores.journal.read() as journal:
        found = read_cases(journal, AccountId(account) if account else None, as_of=moment, states=states)
    return sorted(map(dict, found), key=_heaviest_first)


def _heaviest_first(case: Mapping[str, Any]) -> tuple[object, ...]:
    weight = {"critical": 0, "warning": 1, "info": 2}
    return weight.get(str(case["severity"]), 3), case["first_seen"], case["break_id"]
