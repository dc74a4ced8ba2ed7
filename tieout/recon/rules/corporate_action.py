"""Corporate actions other than splits: units come or go on terms that a person should read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.recon.context import Context
from tieout.recon.rules.cash_events import explain_row, unbooked
from tieout.recon.rules.common import kind_of
from tieout.recon.types import Cause, Difference, Finding, Severity
from tieout.records import ActivityKind

NAME = "corporate_action"
_KINDS = (ActivityKind.MERGER, ActivityKind.SPINOFF, ActivityKind.SYMBOL_CHANGE, ActivityKind.RIGHTS)


def corporate_action(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: the statement's row. Not booked by itself: cost and units follow terms that no row states."""
    for one in unbooked(left, _KINDS):
        yield explain_row(
            one,
            NAME,
            Cause.CORPORATE_ACTION,
            kind_of(one).replace("_", " ").capitalize(),
            context,
            automatic=False,
            floor=Severity.WARNING,
        )
