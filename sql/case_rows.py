"""A break case as a row of the journal, and as the JSON that its events and the runs keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.ids import AccountId, BreakId, InstrumentId
from tieout.recon.cases import Case
from tieout.recon.plainly import plainly
from tieout.recon.types import BreakKind, CaseState, Cause, Evidence, Pair, Severity


def as_row(case: Case) -> dict[str, Any]:
    """The case as a row: the columns of `break_case` and what only its history keeps."""
    row = {one.name: getattr(case, one.name) for one in fields(case)}
    return row | {"evidence": plainly(case.evidence)}


def case_from_json(stored: Mapping[str, Any]) -> Case:
    """A case as an event, or a run's inputs, keep it."""
    row = dict(stored)
    for name in ("first_seen", "last_seen", "resolved_on", "expected_until", "closed_on"):
        row[name] = date.fromisoformat(row[name]) if row.get(name) else None
    for name in ("ours", "theirs", "money_at_risk"):
        row[name] = None if row[name] is None else Decimal(row[name])
    return case_of_row(row)


def case_of_row(row: Mapping[str, Any]) -> Case:
    """The case that a row holds."""
    instrument_id = row["instrument_id"]
    return Case(
        BreakId(row["break_id"]),
        AccountId(row["account_id"]),
        BreakKind(row["kind"]),
        Cause(row["cause"]),
        Severity(row["severity"]),
        CaseState(row["state"]),
        row["subject"],
        None if instrument_id is None else InstrumentId(instrument_id),
        row["currency"],
        Pair(row["pair"]),
        row["ours"],
        row["theirs"],
        row["first_seen"],
        row["last_seen"],
        row["age_sessions"],
        row["money_at_risk"],
        row["owner"],
        row["explanation"],
        tuple(Evidence(**one) for one in row["evidence"]),
        row["resolution"],
        row["resolved_on"],
        row["expected_until"],
        bool(row.get("booked", False)),
        bool(row.get("undone", False)),
        row.get("closed_on"),
    )
