"""Coins turned into other coins or money outside the order book, dust among them, and coins received as a reward."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.recon.context import Context
from tieout.recon.rules.cash_events import explain_row, unbooked
from tieout.recon.rules.common import kind_of
from tieout.recon.types import Cause, Difference, Finding, Severity
from tieout.records import ActivityKind

NAME = "conversion"
_KINDS = (ActivityKind.CONVERSION, ActivityKind.REWARD)


def conversion(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: the statement's rows, and a snapshot that shows them. A conversion is booked with all its legs, or not."""
    rows = list(unbooked(left, _KINDS))
    for one in rows:
        group = one.detail.get("group_id")
        whole = group is None or all(
            leg.detail.get("snapshot_agrees") is True for leg in rows if leg.detail.get("group_id") == group
        )
        cause, what = _named(one)
        yield explain_row(one, NAME, cause, what, context, automatic=whole, floor=Severity.INFO)


def _named(one: Difference) -> tuple[Cause, str]:
    if kind_of(one) == ActivityKind.REWARD:
        return Cause.REWARD, "Reward"
    told = f"{one.detail.get('venue_kind', '')} {one.detail.get('description', '')}".lower()
    return (Cause.DUST, "Conversion of dust") if "dust" in told else (Cause.CONVERSION, "Conversion")
