"""One trade that stands twice: in the book, or in the statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.recon.context import Context
from tieout.recon.rules.common import finding, row_evidence, units, when
from tieout.recon.types import BreakKind, Cause, Difference, Finding, Severity

NAME = "duplicate_execution"


def duplicate_execution(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: a second row with the instrument, side, quantity, price and session of one that is matched already."""
    for one in left:
        if one.kind is BreakKind.DUPLICATE_EXECUTION:
            yield _explain(one, context)


def _explain(one: Difference, context: Context) -> Finding:
    twin = one.detail.get("twin")
    if one.theirs is None:
        words = (
            f"The book has {units(one.ours)} {one.symbol}{when(one)} twice: this row repeats {twin}, and the broker "
            "reports it once. A person takes one of them back."
        )
        cause = Cause.BOOKING_ERROR
    else:
        words = (
            f"The statement has {units(one.theirs)} {one.symbol}{when(one)} twice: this row repeats {twin}, and the "
            "snapshot holds it once. Nothing is booked."
        )
        cause = Cause.UNKNOWN
    evidence = [row_evidence(one, f"the same trade as {twin}")]
    return finding(one, cause, words, context, evidence=evidence, floor=Severity.WARNING)
