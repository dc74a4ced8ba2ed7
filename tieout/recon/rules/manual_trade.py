"""Trades and orders that somebody made beside us. Explained and proposed, never booked by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.recon.context import Context
from tieout.recon.rules.common import finding, not_in_snapshot, row_evidence, row_id, units, when
from tieout.recon.types import BreakKind, Cause, Difference, Evidence, Finding, Proposal, Severity

NAME = "manual_trade"


def manual_trade(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: an execution or an open order in the broker's records that no order of ours explains."""
    for one in left:
        if one.kind is BreakKind.UNKNOWN_EXECUTION:
            yield _execution(one, context)
        elif one.kind is BreakKind.ORDER_STATE_MISMATCH and one.detail.get("ours_state") is None:
            yield _order(one, context)


def _execution(one: Difference, context: Context) -> Finding:
    words = (
        f"Somebody traded {units(one.theirs)} {one.symbol} at {units(one.price)}{when(one)} outside our orders: "
        f"no intent or order of ours carries its ids.{not_in_snapshot(one)}"
    )
    return finding(
        one,
        Cause.MANUAL_TRADE,
        words,
        context,
        evidence=[row_evidence(one, "a trade that is no order of ours")],
        proposal=Proposal(NAME, accept_executions=(row_id(one),)),
        floor=Severity.WARNING,
    )


def _order(one: Difference, context: Context) -> Finding:
    detail = one.detail
    words = f"An order is open at the broker that is none of ours: {detail.get('says')}."
    evidence = [
        Evidence("snapshot_order", str(detail["broker_order_id"]), "open, with an id we never gave", dict(detail))
    ]
    return finding(one, Cause.MANUAL_TRADE, words, context, evidence=evidence, floor=Severity.WARNING)
