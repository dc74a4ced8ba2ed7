"""Executions and activities as recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from brokers.alpaca.adapter import AlpacaBroker
from simulator.protocols.recorded import RecordedFace
from tests.recorded.alpaca.covered import covers
from tieout.instruments import equity, option
from tieout.orders import Side
from tieout.records import ActivityKind, RecordStatus


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


BEGINNING, END = at("2020-01-01T00:00:00Z"), at("2026-12-31T00:00:00Z")


@covers("activities_fill_with_partials.http.json")
def test_fills_come_oldest_first_with_the_partial_ones(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path
) -> None:
    face.play(recordings / "activities_fill_with_partials.http.json")
    face.serve("GET", "/v2/orders", b"[]")

    fetched = broker.fetch_executions(BEGINNING, END)

    assert len(fetched.records) == 8
    assert [e.executed_at for e in fetched.records] == sorted(e.executed_at for e in fetched.records)
    tesla = [e for e in fetched.records if e.instrument == equity("TSLA") and e.side is Side.BUY]
    assert [(e.quantity, e.price) for e in tesla] == [(Decimal(4), Decimal("893.5")), (Decimal(1), Decimal("889.68"))]
    assert tesla[0].broker_order_id == tesla[1].broker_order_id == "36e3e15f-6fe2-4a32-8229-543a08a92fbf"
    assert tesla[0].executed_at == at("2020-06-02T13:30:22.170536Z")
    assert fetched.notes[0].startswith("no client order id for 7 orders")


@covers("activities_fill_fractional.json")
def test_fractional_fills_keep_every_digit_and_add_up_to_nothing(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path
) -> None:
    face.serve("GET", "/v2/account/activities", (recordings / "activities_fill_fractional.json").read_bytes())
    face.serve("GET", "/v2/orders", b"[]")

    fetched = broker.fetch_executions(BEGINNING, END)

    assert [e.quantity for e in fetched.records] == [
        Decimal("0.057436865"),
        Decimal(1),
        Decimal("0.5"),
        Decimal("0.557436865"),
    ]
    assert sum(e.signed_quantity for e in fetched.records) == 0
    assert fetched.records[0].execution_id == "20261008111018097::fc1f73e1-a5c2-4d43-81ec-fb503c42ca5c"


@covers("activities_option_events.json")
def test_option_fills_take_the_short_and_the_closing_side(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path
) -> None:
    face.serve("GET", "/v2/account/activities", fills_only(recordings))
    face.serve("GET", "/v2/orders", b"[]")

    opened, closed = broker.fetch_executions(BEGINNING, END).records

    contract = option("AMD260501P00277500")
    assert (opened.instrument, opened.side, opened.price) == (contract, Side.SELL, Decimal("3.15"))
    assert (closed.instrument, closed.side, closed.price) == (contract, Side.BUY, Decimal("0.50"))
    assert opened.cash_change == Decimal(315)


def test_assignment_its_stock_leg_an_expiry_and_a_journal_entry_are_told_apart(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path
) -> None:
    face.serve("GET", "/v2/account/activities", (recordings / "activities_option_events.json").read_bytes())

    fetched = broker.fetch_activities(BEGINNING, END)

    kinds = {a.kind: a for a in fetched.records}
    assert len(fetched.records) == len(kinds) == 4
    assigned, traded = kinds[ActivityKind.ASSIGNMENT], kinds[ActivityKind.OPTION_TRADE]
    assert assigned.instrument == option("AMZN260422C00240000")
    assert (assigned.quantity, assigned.amount) == (Decimal(1), Decimal(0))
    assert (traded.instrument, traded.quantity) == (equity("AMZN"), Decimal(-100))
    assert (traded.price, traded.amount) == (Decimal(240), Decimal(24000))
    assert assigned.group_id == traded.group_id == "53054182-24d5-41df-9911-a534b061e1d8"
    expired = kinds[ActivityKind.EXPIRATION]
    assert (expired.instrument, expired.quantity) == (option("UNH251010P00347500"), Decimal(1))
    assert expired.occurred_at == at("2025-10-13T00:00:00-04:00")
    funded = kinds[ActivityKind.JOURNAL]
    assert (funded.instrument, funded.amount, funded.venue_kind) == (None, Decimal(100000), "JNLC")
    assert {a.status for a in fetched.records} == {RecordStatus.EXECUTED}


def test_a_statement_goes_by_the_moment_of_posting(face: RecordedFace, broker: AlpacaBroker, recordings: Path) -> None:
    face.serve("GET", "/v2/account/activities", (recordings / "activities_option_events.json").read_bytes())

    # The assignment of 22 April was posted at 08:23 UTC on the 23rd, after the close of the 22nd had been read
    night = broker.fetch_activities(at("2026-04-22T20:05:00Z"), at("2026-04-23T20:05:00Z"))

    assert [a.kind for a in night.records] == [ActivityKind.ASSIGNMENT, ActivityKind.OPTION_TRADE]


def fills_only(recordings: Path) -> bytes:
    """What the venue sends for `activity_types=FILL`; the recording holds all types."""
    rows = json.loads((recordings / "activities_option_events.json").read_bytes())
    return json.dumps([row for row in rows if row["activity_type"] == "FILL"]).encode()
