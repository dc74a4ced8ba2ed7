"""Orders under way: the broker's position or order list is ahead of what it has reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tieout.money import ZERO, plain
from tieout.recon.context import Context, OpenFill
from tieout.recon.kinds import POSITION_KINDS
from tieout.recon.rules.common import finding, overdue_since
from tieout.recon.types import BreakKind, Cause, Difference, Evidence, Finding, Pair, Proposal

NAME = "pending_order"


def pending_order(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: an open order of ours in the snapshot whose unreported fills are the position's difference exactly,
    or which the broker is working while our record has not heard of that yet."""
    for one in left:
        if one.kind is BreakKind.ORDER_STATE_MISMATCH and one.detail.get("under_way"):
            yield _order(one, context)
        elif one.kind in POSITION_KINDS and one.pair is Pair.BOOK_SNAPSHOT:
            fills = [fill for fill in context.open_fills if fill.instrument_id == one.instrument_id]
            if fills and one.quantity == sum((fill.quantity for fill in fills), ZERO):
                yield _position(one, fills, context)


def _order(one: Difference, context: Context) -> Finding:
    detail = one.detail
    words = (
        f"The order is under way: the broker says {detail['theirs_state']}, our record still says "
        f"{detail['ours_state']}. It is expected to agree after the session of {context.next_session}."
    )
    evidence = [Evidence("snapshot_order", str(detail["broker_order_id"]), "the broker has our order", dict(detail))]
    return finding(one, Cause.PENDING_ORDER, words, context, evidence=evidence, proposal=_proposal(one, context))


def _position(one: Difference, fills: Sequence[OpenFill], context: Context) -> Finding:
    words = (
        f"Open orders of ours filled {plain(one.quantity)} units that no execution row reports yet; that is the whole "
        f"difference. The rows are expected by the session of {context.next_session}."
    )
    evidence = [
        Evidence(
            "snapshot_order",
            fill.broker_order_id,
            f"filled {plain(Decimal(fill.quantity))} units beyond the reported executions",
            {"client_order_id": fill.client_order_id, "quantity": fill.quantity},
        )
        for fill in fills
    ]
    return finding(one, Cause.PENDING_ORDER, words, context, evidence=evidence, proposal=_proposal(one, context))


def _proposal(one: Difference, context: Context) -> Proposal | None:
    """A wait of one session; what was to be gone by now does not wait again."""
    if overdue_since(one, context) is not None:
        return None
    return Proposal(NAME, expected_until=context.next_session, automatic=True)
