"""`tieout resolve`: a person ends a break, with evidence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from flows.cli.options import AsJson, read_date
from flows.cli.people import Code, propose
from tieout.recon.by_hand import HandResolution, Way

Named = Annotated[list[str] | None, typer.Option("--evidence", help="source:key that proves it, or document:WORDS.")]
Rows = Annotated[list[str] | None, typer.Option("--row", help="execution:ID or activity:ID; else the break's own row.")]
Units = Annotated[str | None, typer.Option("--units", help="adjust: signed; else what the two sides differ by.")]
Price = Annotated[str | None, typer.Option("--price", help="adjust: what a unit that comes has cost.")]
Money = Annotated[str | None, typer.Option("--money", help="adjust: signed; else what the two sides differ by.")]
Until = Annotated[str | None, typer.Option("--until", help="wait: the last session on which it may stand, YYYY-MM-DD.")]


def resolve(
    break_id: Annotated[str, typer.Argument(metavar="BREAK", help="Id, as `tieout breaks` prints it.")],
    how: Annotated[Way, typer.Option("--how", help="Book their rows, take ours back, adjust, or let it stand.")],
    by: Annotated[str, typer.Option("--by", help="Who resolves it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the break.")],
    evidence: Named = None,
    row: Rows = None,
    units: Units = None,
    price: Price = None,
    money: Money = None,
    until: Until = None,
    code: Code = None,
    as_json: AsJson = False,
) -> None:
    """Resolve a break by hand. Where approvers are configured, two of them must agree; `tieout undo` takes it back."""
    from tasks.by_hand import wish_for
    from tasks.stores import open_stores
    from tieout.ids import BreakId

    day: date | None = read_date(until) if until else None
    numbers = (_number(units), _number(price), _number(money))
    wanted = HandResolution(BreakId(break_id), how, tuple(row or ()), tuple(evidence or ()), *numbers, day)
    with open_stores() as stores:
        propose(stores, wish_for(stores, wanted, by, reason), code, as_json=as_json)


def _number(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise typer.BadParameter(f"{text!r} is not a number such as -10.5")
    return found
