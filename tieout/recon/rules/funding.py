"""Funding of perpetuals, paid or received, missing in the book or booked with the wrong sign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.money import plain
from tieout.recon.context import Context
from tieout.recon.rules.cash_events import explain_row, unbooked
from tieout.recon.rules.common import finding, kind_of, money, not_in_snapshot, row_evidence, when
from tieout.recon.types import BreakKind, Cause, Difference, Finding, Severity
from tieout.records import ActivityKind

NAME = "funding"
_KINDS = (ActivityKind.FUNDING,)


def funding(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof of a payment: the statement's row, and a snapshot whose cash or coins show it."""
    for one in unbooked(left, _KINDS):
        what = "Funding received" if one.amount > 0 else "Funding paid"
        yield explain_row(one, NAME, Cause.FUNDING, what, context, automatic=True, floor=Severity.INFO)
    for one in left:
        if one.kind is BreakKind.ACTIVITY_MISMATCH and kind_of(one) == ActivityKind.FUNDING:
            yield _differs(one, context)


def _differs(one: Difference, context: Context) -> Finding:
    ours, theirs = one.ours, one.theirs
    turned = ours is not None and theirs is not None and ours == -theirs
    why = (
        "booked with the other sign: what was paid stands as received, or the other way round" if turned else "differs"
    )
    words = (
        f"Funding{when(one, 'of')} is {why}: ours {'none' if ours is None else plain(ours)}, theirs "
        f"{'none' if theirs is None else plain(theirs)}, apart by {money(one.amount, one.currency)}."
        f"{not_in_snapshot(one)}"
    )
    evidence = [row_evidence(one, "our row beside the broker's")]
    return finding(one, Cause.FUNDING, words, context, evidence=evidence, floor=Severity.WARNING)
