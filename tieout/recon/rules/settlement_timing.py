"""Cash that is agreed and not yet paid: the difference is exactly the net of booked entries that settle later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from tieout.recon.context import Context
from tieout.recon.rules.common import finding, money
from tieout.recon.settling import entries_from, matching_start
from tieout.recon.types import BreakKind, Cause, Difference, Evidence, Finding, Pair, Proposal, Severity

NAME = "settlement_timing"


def settlement_timing(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: ledger entries by settlement date whose net is the difference, to the cash tolerance.

    Entries that should have been paid by now and are not are overdue: explained, critical, never resolved.
    """
    for one in left:
        if one.kind is not BreakKind.CASH_MISMATCH or one.pair is not Pair.BOOK_SNAPSHOT or one.currency is None:
            continue
        start = matching_start(one.currency, one.amount, context)
        if start is not None:
            yield _explain(one, one.currency, start, context)


def _explain(one: Difference, currency: str, start: date, context: Context) -> Finding:
    entries = entries_from(currency, start, context)
    evidence = [
        Evidence(
            "ledger_entry",
            f"{currency}/{entry.settles_on}",
            f"{entry.entries} booked entries settle on {entry.settles_on}, net {money(entry.amount, currency)}",
            {"settles_on": entry.settles_on, "amount": entry.amount, "entries": entry.entries},
        )
        for entry in entries
    ]
    until = max(entry.settles_on for entry in entries)
    if start < context.business_date:
        words = (
            f"Settlement is overdue: booked entries that settle from {start} on make up the difference of "
            f"{money(one.amount, currency)}, and the broker had not paid them at the close of {context.business_date}."
        )
        return finding(one, Cause.SETTLEMENT_TIMING, words, context, evidence=evidence, floor=Severity.CRITICAL)
    words = (
        f"The broker does not count trades yet that settle between {start} and {until}: they make up the difference of "
        f"{money(one.amount, currency)} exactly. It is expected to be gone after {until}."
    )
    proposal = Proposal(NAME, expected_until=until, automatic=True)
    return finding(one, Cause.SETTLEMENT_TIMING, words, context, evidence=evidence, proposal=proposal)
