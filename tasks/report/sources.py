"""What a report's figures rest on: each source with its moment, its age and whether it is whole. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One source.

    state    `complete`, `partial`, … in the words of the store
    whole    nothing of it is missing
    as_of    the moment it speaks for, in the exchange's zone; empty where it was never read
    age      from that moment to the report
    """

    name: str
    state: str
    whole: bool
    as_of: str = ""
    age: str = ""
    note: str = ""


def sources(snapshot: Row | None, posted: Row | None, zone: str, now: datetime) -> tuple[Line, ...]:
    """Book, snapshot, statement and prices of one account."""
    book = _book(posted, zone, now)
    if snapshot is None:
        unread = "the broker was not read in this run: that says nothing about what it holds"
        return book, Line("Snapshot", "missing", False, note=unread), Line("Statement", "missing", False)
    return book, _snapshot(snapshot, zone, now), _statement(snapshot, zone, now), *_prices(snapshot, zone, now)


def moment(at: datetime | None, zone: str) -> str:
    """`2026-01-16 16:30 EST`."""
    return "" if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"


def age(since: datetime, now: datetime) -> str:
    """`45 s`, `12 min`, `5 h`, `3 days`: whole units, the largest that fits."""
    passed = max(now - since, timedelta(0))
    seconds = int(passed.total_seconds())
    for size, unit in ((86_400, "day"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (size == 60 and seconds >= size):
            number = seconds // size
            return f"{number} {unit}s" if unit == "day" else f"{number} {unit}"
    return f"{seconds} s"


def _book(posted: Row | None, zone: str, now: datetime) -> Line:
    if posted is None or posted["posted_at"] is None:
        return Line("Book", "empty", False, note="nothing was ever posted to it")
    at = posted["posted_at"]
    note = f"ledger up to journal sequence {posted['last_seq']}"
    return Line("Book", "posted", True, moment(at, zone), age(at, now), note)


def _snapshot(row: Row, zone: str, now: datetime) -> Line:
    at = row["captured_at"]
    notes = [f"{row['status']}; {row['positions']} positions, read {_times(row['reads'])}"]
    if row["broker_time"] is not None:
        notes.append(f"the broker's clock said {moment(row['broker_time'], zone)}")
    whole = row["completeness"] == "complete" and row["status"] == "accepted"
    return Line("Snapshot", row["completeness"], whole, moment(at, zone), age(at, now), "; ".join(notes))


def _statement(row: Row, zone: str, now: datetime) -> Line:
    if row["since"] is None:
        return Line("Statement", "missing", False, note="executions and activities were not read")
    baseline = f"baseline {row['baseline_date']}" if row["baseline_date"] else "baseline: the signed-off opening"
    note = f"from {moment(row['since'], zone)}; {row['pages']} pages; {baseline}"
    whole = bool(row["statement_complete"])
    until = row["until"]
    return Line("Statement", "complete" if whole else "partial", whole, moment(until, zone), age(until, now), note)


def _prices(row: Row, zone: str, now: datetime) -> tuple[Line, ...]:
    """The oldest price; nothing where the venue does not say when it priced."""
    at = row["oldest_price"]
    return () if at is None else (Line("Oldest price", "as sent", True, moment(at, zone), age(at, now)),)


def _times(reads: int) -> str:
    return "once" if reads == 1 else f"{reads} times"
