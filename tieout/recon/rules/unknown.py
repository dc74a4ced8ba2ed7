"""What no other rule could explain: told with all figures, for a person to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.recon.context import Context
from tieout.recon.kinds import CASH_KINDS, POSITION_KINDS
from tieout.recon.rules.common import finding, kind_of, money, pair_says, row_evidence, row_id, units, when
from tieout.recon.types import BreakKind, Cause, Difference, Evidence, Finding, Proposal, Severity

NAME = "unknown"


def unknown(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Everything that is left, so that no difference is ever lost."""
    for one in left:
        is_row = one.kind is BreakKind.UNBOOKED_ACTIVITY
        yield finding(
            one,
            Cause.UNKNOWN,
            _words(one),
            context,
            evidence=[row_evidence(one, "the row as it stands")] if is_row else _figures(one),
            proposal=Proposal(NAME, accept_activities=(row_id(one),)) if is_row else None,
            floor=Severity.INFO if one.kind in CASH_KINDS else Severity.WARNING,
        )


def _words(one: Difference) -> str:
    if one.kind in POSITION_KINDS:
        return f"{one.symbol}: the broker holds {units(one.theirs)}, the book {units(one.ours)}. {pair_says(one)}"
    if one.kind in CASH_KINDS:
        what = "settled cash" if one.kind is BreakKind.SETTLED_CASH_MISMATCH else "cash"
        says = "" if one.kind is BreakKind.SETTLED_CASH_MISMATCH else f" {pair_says(one)}"
        return (
            f"The broker has {units(one.theirs)} {one.currency} {what}, the book {units(one.ours)}: "
            f"{money(one.amount, one.currency)} are unexplained.{says}"
        )
    words = _WORDS.get(one.kind)
    return words(one) if words else f"{one.subject}: ours {units(one.ours)}, theirs {units(one.theirs)}."


def _row(one: Difference) -> str:
    kind = one.detail.get("venue_kind") or kind_of(one) or "unknown"
    return (
        f"The statement has an activity of type {kind}{when(one, 'of')} that is not booked by itself: "
        f"{units(one.quantity)} units, {money(one.amount, one.currency)}. {one.detail.get('description', '')}"
    ).strip()


def _unmapped(one: Difference) -> str:
    return f"The broker reports something that no instrument is known for; it is not compared: {one.detail.get('row')}"


def _stale(one: Difference) -> str:
    return f"The price of {one.symbol} dates from {one.detail.get('priced_at')}: too old for the value of a position."


def _cost(one: Difference) -> str:
    return (
        f"{one.symbol}: the broker's cost basis is {units(one.theirs)}, ours {units(one.ours)} for the same units. "
        "Another lot method, fees counted otherwise, or a corporate action that moved the basis."
    )


def _order(one: Difference) -> str:
    return f"Our record and the broker's order list differ: {one.detail.get('says')}."


_WORDS = {
    BreakKind.UNBOOKED_ACTIVITY: _row,
    BreakKind.INSTRUMENT_UNMAPPED: _unmapped,
    BreakKind.STALE_PRICE: _stale,
    BreakKind.COST_BASIS_MISMATCH: _cost,
    BreakKind.ORDER_STATE_MISMATCH: _order,
}


def _figures(one: Difference) -> list[Evidence]:
    return [Evidence("snapshot", one.subject, "the figures as they stand", dict(one.detail))]
