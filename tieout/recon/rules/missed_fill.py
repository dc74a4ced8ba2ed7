"""A fill of an order of ours that never reached the book. Explained and proposed, never booked by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.recon.context import Context
from tieout.recon.rules.common import finding, not_in_snapshot, row_evidence, row_id, units, when
from tieout.recon.types import BreakKind, Cause, Difference, Finding, Proposal, Severity

NAME = "missed_fill"


def missed_fill(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: the statement's execution carries an order id that our journal knows."""
    for one in left:
        if one.kind is not BreakKind.MISSING_EXECUTION:
            continue
        order = one.detail.get("client_order_id") or one.detail.get("broker_order_id")
        words = (
            f"The broker filled {units(one.theirs)} {one.symbol} at {units(one.price)}{when(one)} for our order "
            f"{order}, and the book does not have it.{not_in_snapshot(one)}"
        )
        yield finding(
            one,
            Cause.MISSED_FILL,
            words,
            context,
            evidence=[row_evidence(one, "a fill of our own order")],
            proposal=Proposal(NAME, accept_executions=(row_id(one),)),
            floor=Severity.WARNING,
        )
