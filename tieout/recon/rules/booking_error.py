"""The book holds what the broker does not know, or holds it differently."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tieout.recon.context import Context
from tieout.recon.kinds import POSITION_KINDS
from tieout.recon.rules.common import finding, money, pair_says, row_evidence, units, when
from tieout.recon.types import BreakKind, Cause, Difference, Evidence, Finding, Pair

NAME = "booking_error"


def booking_error(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: our own row beside the broker's, or a position where statement and snapshot agree against the book."""
    for one in left:
        words = _WORDS.get(one.kind)
        if words is not None:
            cause = Cause.FEE if one.kind is BreakKind.FEE_MISMATCH else Cause.BOOKING_ERROR
            evidence = [row_evidence(one, "our row beside the broker's")] if ":" in one.subject else _figures(one)
            yield finding(one, cause, words(one), context, evidence=evidence)
        elif _book_stands_alone(one):
            text = f"{_figure_words(one)} {pair_says(one)} No row of the statement is missing in the book."
            yield finding(one, Cause.BOOKING_ERROR, text, context, evidence=_figures(one))


def _book_stands_alone(one: Difference) -> bool:
    """Statement and snapshot lead to the same figure, and every row they have is booked or accounted for."""
    if one.kind not in POSITION_KINDS and one.kind is not BreakKind.CASH_MISMATCH:
        return False
    implied = one.detail.get("implied")
    return one.pair is Pair.BOOK_SNAPSHOT and implied is not None and implied == one.detail.get("snapshot")


def _figure_words(one: Difference) -> str:
    if one.kind in POSITION_KINDS:
        return f"{one.symbol}: the broker holds {units(one.theirs)}, the book {units(one.ours)}."
    return f"The broker has {units(one.theirs)} {one.currency} in cash, the book {units(one.ours)}."


def _figures(one: Difference) -> list[Evidence]:
    return [Evidence("snapshot", one.subject, "the figures of the three sources", dict(one.detail))]


def _unreported(one: Difference) -> str:
    return (
        f"The book has {units(one.ours)} {one.symbol}{when(one, 'of')}, and the broker's complete statement does not: "
        "booked by mistake, on the wrong account, or taken back by the venue."
    )


def _unreported_activity(one: Difference) -> str:
    kind = str(one.detail.get("kind", "activity")).replace("_", " ")
    return (
        f"The book has a {kind}{when(one, 'of')} of {money(-one.amount, one.currency)} and {units(-one.quantity)} "
        "units that the broker's complete statement does not have."
    )


def _differs(one: Difference) -> str:
    return (
        f"Book and statement have the same row{when(one, 'of')} with different content: ours {units(one.ours)}, theirs "
        f"{units(one.theirs)} {one.symbol or one.currency}, cash apart by {money(one.amount, one.currency)}."
    )


def _fee(one: Difference) -> str:
    return f"The broker charged {units(one.theirs)} for {one.symbol}{when(one, 'of')}, the book has {units(one.ours)}."


def _currency(one: Difference) -> str:
    return (
        f"{one.symbol or one.subject} is kept in {one.detail.get('ours_currency')} by us and in "
        f"{one.detail.get('theirs_currency')} by the broker."
    )


_WORDS: dict[BreakKind, Callable[[Difference], str]] = {
    BreakKind.UNREPORTED_EXECUTION: _unreported,
    BreakKind.MISSING_ACTIVITY: _unreported_activity,
    BreakKind.EXECUTION_MISMATCH: _differs,
    BreakKind.ACTIVITY_MISMATCH: _differs,
    BreakKind.FEE_MISMATCH: _fee,
    BreakKind.CURRENCY_MISMATCH: _currency,
}
