"""What the rules about cash events share: an activity row in the statement that the book does not have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tieout.recon.context import Context
from tieout.recon.rules.common import (
    finding,
    kind_of,
    money,
    not_in_snapshot,
    row_evidence,
    row_id,
    snapshot_agrees,
    units,
    when,
)
from tieout.recon.types import BreakKind, Cause, Difference, Finding, Proposal, Severity
from tieout.records import ActivityKind


def unbooked(left: Sequence[Difference], kinds: Collection[ActivityKind]) -> Iterator[Difference]:
    """Rows of these kinds that only the statement has."""
    return (one for one in left if one.kind is BreakKind.UNBOOKED_ACTIVITY and kind_of(one) in kinds)


def explain_row(
    one: Difference, name: str, cause: Cause, what: str, context: Context, *, automatic: bool, floor: Severity
) -> Finding:
    """A statement row with what it moves.

    what         the event in a word or two
    automatic    whether the row is proof enough where the snapshot agrees with it
    """
    moved = f"{units(one.quantity)} {one.symbol} and " if one.quantity else ""
    about = f" on {one.symbol}" if one.symbol and not one.quantity else ""
    words = (
        f"{what}{about}{when(one, 'of')}: {moved}{money(one.amount, one.currency)} "
        f"in the statement, not in the book.{not_in_snapshot(one)}"
    )
    return finding(
        one,
        cause,
        words,
        context,
        evidence=[row_evidence(one, str(one.detail.get("description") or what))],
        proposal=Proposal(name, accept_activities=(row_id(one),), automatic=automatic and snapshot_agrees(one)),
        floor=floor,
    )
