"""What a run recorded, as plain values: all found, resolved and left, without clocks, run ids or snapshot ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tieout.ids import AccountId
from tieout.recon.cases import CaseChange, found_id
from tieout.recon.context import Context
from tieout.recon.plainly import plainly
from tieout.recon.types import Finding

SCHEMA = 1


def result(
    context: Context,
    *,
    parts: Mapping[str, Decimal],
    coverage: Decimal,
    rows_compared: int,
    figures: Mapping[str, Any],
    found: Sequence[Finding],
    resolved: Sequence[Finding],
    left: Sequence[Finding],
    changes: Iterable[CaseChange],
    figures_after: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The record of one reconciliation.

    figures          cash by currency and counts, as first seen
    found            every break as first seen
    resolved         those that the run resolved, by booking or as expected to clear
    left             those that stay open, as seen after the bookings
    figures_after    as `figures`, after the bookings; None where nothing was booked
    """
    account_id = context.account_id
    return {
        "schema": SCHEMA,
        "account_id": account_id,
        "business_date": plainly(context.business_date),
        "book_date": plainly(context.book_date),
        "baseline_date": plainly(context.baseline_date),
        "versions": {"tolerances": context.tolerances.version},
        "coverage": plainly(coverage),
        "parts": plainly(parts),
        "rows_compared": rows_compared,
        "before": {"figures": plainly(figures), "breaks": breaks(account_id, context, found)},
        "resolved": breaks(account_id, context, resolved),
        "after": {"figures": plainly(figures_after or figures), "breaks": breaks(account_id, context, left)},
        "cases": [_change(one) for one in changes],
    }


def breaks(account_id: AccountId, context: Context, findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings with the id and the age of their cases."""
    return [
        {"break_id": found_id(account_id, one), "age_sessions": context.age(one.difference.key)} | plainly(one)
        for one in findings
    ]


def _change(change: CaseChange) -> dict[str, Any]:
    case = change.case
    return {
        "break_id": case.break_id,
        "event": change.event.value,
        "state": case.state.value,
        "severity": case.severity.value,
        "first_seen": plainly(case.first_seen),
        "age_sessions": case.age_sessions,
        "detail": plainly(change.detail),
    }
