"""`tieout plan`: which runs a day needs, when, and what stands of them. Needs no Prefect server."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import AsJson, read_date
from flows.cli.show import print_json, print_table

if TYPE_CHECKING:
    from tieout.planning.page import PlanLine
    from tieout.planning.rules import DayPlan

COLUMNS = ("when", "UTC", "account", "session", "run", "rule", "state")


def plan(
    account: Annotated[
        list[str] | None, typer.Option("--account", "-a", help="Only this account; may be given several times.")
    ] = None,
    date: Annotated[str | None, typer.Option("--date", help="Day to show, YYYY-MM-DD; today where left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the day's plan: every run with its minute, the rule that gave it, and whether it is scheduled."""
    from tasks.clock import now
    from tasks.planning.draw import plan_of
    from tasks.settings import load_settings

    settings = load_settings()
    plans = plan_of(settings, read_date(date) if date else None, account, now())
    told = {one.account_id: _lines(one) for one in plans}
    if as_json:
        print_json([_shown(one, told[one.account_id]) for one in plans])
        return
    lines = sorted((line for each in told.values() for line in each), key=lambda one: (one.at, one.flow, one.account))
    if lines:
        print_table(COLUMNS, (_row(one) for one in lines))
    for one in plans:
        for words in (*([one.why] if one.why else ()), *one.notes):
            typer.echo(f"{one.account_id}: {words}")


def _lines(plan: DayPlan) -> tuple[PlanLine, ...]:
    """The account's runs, with what the journal knows of them."""
    from sql.planned import read_planned
    from tasks.accounts import sessions_of
    from tasks.settings import load_settings
    from tasks.stores import open_journal
    from tieout.planning.page import lines

    zone = sessions_of(load_settings().accounts[plan.account_id]).zone
    sessions = [plan.day, *(due.session for due in plan.dues)]
    with open_journal() as opened, opened.read() as journal:
        rows = read_planned(journal, [plan.account_id], min(sessions), max(sessions))
    return lines(plan, rows, zone)


def _row(one: PlanLine) -> tuple[str, ...]:
    state = f"{one.state}: {one.words}" if one.words else one.state
    return one.local, f"{one.at:%H:%M:%S}", one.account, one.session, one.flow, one.rule, state


def _shown(plan: DayPlan, lines: tuple[PlanLine, ...]) -> dict[str, object]:
    shown = {"account": plan.account_id, "day": plan.day, "session": plan.session, "why": plan.why, "notes": plan.notes}
    return shown | {"runs": [asdict(one) for one in lines]}
