"""Contracts that the venue closed by itself: for want of margin, or against a bankrupt counterparty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.recon.context import Context
from tieout.recon.rules.cash_events import explain_row, unbooked
from tieout.recon.rules.common import kind_of
from tieout.recon.types import Cause, Difference, Finding, Severity
from tieout.records import ActivityKind

NAME = "forced_closing"
_CAUSES = {
    ActivityKind.LIQUIDATION: (Cause.LIQUIDATION, "Liquidation"),
    ActivityKind.DELEVERAGING: (Cause.DELEVERAGING, "Auto-deleveraging"),
}


def forced_closing(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: the statement's row. Not booked by itself, and critical: somebody must know that a position is gone."""
    for one in unbooked(left, tuple(_CAUSES)):
        cause, what = _CAUSES[ActivityKind(kind_of(one))]
        yield explain_row(one, NAME, cause, what, context, automatic=False, floor=Severity.CRITICAL)
