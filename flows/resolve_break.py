"""Resolve a break by hand: with its evidence named, a reason, and the yes of two people where they are configured."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.forms import asked
from flows.naming import resolve_run_name
from tasks.audit import note_start
from tasks.by_hand import resolve_break as resolve
from tasks.by_hand import resolved, show_break
from tieout.ids import BreakId
from tieout.recon.by_hand import HandResolution, Way

Break = Annotated[str, asked("Break", "Its id, such as BRK-0123456789; the close's page lists the open ones.")]
How = Annotated[
    Way,
    asked(
        "How",
        "statement: book the broker's rows. take_back: take rows of ours back. adjust: book units or money "
        "of our own. wait: book nothing, it may stand until a session.",
    ),
]
By = Annotated[str, asked("By", "Your name; kept with the break and in the audit trail.")]
Reason = Annotated[str, asked("Reason", "Why this is right; kept too.")]
Evidence = Annotated[
    list[str] | None,
    asked(
        "Evidence",
        "One per line: statement_execution:ID, statement_activity:ID, execution:ID, activity:ID, "
        "snapshot:ID, or document:WORDS. Rows are looked up. Not needed to book rows of the statement.",
    ),
]
Rows = Annotated[
    list[str] | None,
    asked(
        "Rows",
        "statement, take_back: execution:ID or activity:ID. Empty: the row that the break is about.",
    ),
]
Units = Annotated[Decimal | None, asked("Units", "adjust: units to book, signed. Empty: what the sides differ by.")]
Price = Annotated[Decimal | None, asked("Cost per unit", "adjust: what units that come have cost. Empty: nothing.")]
Money = Annotated[Decimal | None, asked("Money", "adjust: cash to book, signed. Empty: what the sides differ by.")]
Until = Annotated[dt.date | None, asked("Until", "wait: the last session on which it may stand; at most ten ahead.")]


@flow(name="resolve-break", flow_run_name=resolve_run_name, retries=0, log_prints=False, on_running=[note_start])
def resolve_break(
    break_id: Break,
    how: How,
    by: By,
    reason: Reason,
    evidence: Evidence = None,
    rows: Rows = None,
    units: Units = None,
    price: Price = None,
    money: Money = None,
    until: Until = None,
) -> State[Any]:
    """Resolve one break. Safe to run again: what is resolved is refused. `tieout undo` takes it back."""
    named = BreakId(break_id.strip())
    wish = HandResolution(named, how, tuple(rows or ()), tuple(evidence or ()), units, price, money, until)
    came = resolve(wish, by, reason)
    show_break(named)
    return resolved(came)
