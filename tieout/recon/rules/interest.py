"""Interest, paid or received."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.recon.context import Context
from tieout.recon.rules.cash_events import explain_row, unbooked
from tieout.recon.types import Cause, Difference, Finding, Severity
from tieout.records import ActivityKind

NAME = "interest"
_KINDS = (ActivityKind.INTEREST,)


def interest(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: the statement's row, and a snapshot whose cash shows it."""
    for one in unbooked(left, _KINDS):
        yield explain_row(one, NAME, Cause.INTEREST, "Interest", context, automatic=True, floor=Severity.INFO)
