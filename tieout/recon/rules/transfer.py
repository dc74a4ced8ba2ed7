"""Money and securities moved in or out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.recon.context import Context
from tieout.recon.rules.cash_events import explain_row, unbooked
from tieout.recon.types import Cause, Difference, Finding, Severity
from tieout.records import ActivityKind

NAME = "transfer"
_KINDS = (ActivityKind.TRANSFER, ActivityKind.JOURNAL)


def transfer(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: the statement's row, and the other end's where that is in an account of ours.

    Not booked by itself: money that leaves is looked at by a person.
    """
    for one in unbooked(left, _KINDS):
        if other := one.detail.get("other_end"):
            what, cause = f"Transfer between own accounts, the other end being {other},", Cause.INTERNAL_TRANSFER
            yield explain_row(one, NAME, cause, what, context, automatic=False, floor=Severity.INFO)
            continue
        yield explain_row(one, NAME, Cause.TRANSFER, "Transfer", context, automatic=False, floor=Severity.WARNING)
