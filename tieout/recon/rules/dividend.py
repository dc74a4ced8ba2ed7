"""Dividends and what was withheld from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.recon.context import Context
from tieout.recon.rules.cash_events import explain_row, unbooked
from tieout.recon.rules.common import kind_of
from tieout.recon.types import Cause, Difference, Finding, Severity
from tieout.records import ActivityKind

NAME = "dividend"
_KINDS = (ActivityKind.DIVIDEND, ActivityKind.WITHHOLDING)

_NAMES = {ActivityKind.DIVIDEND.value: "Dividend", ActivityKind.WITHHOLDING.value: "Tax withheld"}


def dividend(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: the statement's row, and a snapshot whose cash (and units, where reinvested) shows it."""
    for one in unbooked(left, _KINDS):
        yield explain_row(one, NAME, Cause.DIVIDEND, _NAMES[kind_of(one)], context, automatic=True, floor=Severity.INFO)
