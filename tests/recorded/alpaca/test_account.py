"""Account and positions as recorded."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from brokers.alpaca.adapter import AlpacaBroker
from brokers.alpaca.parse.account import signed_quantity
from brokers.http.fields import Row
from simulator.protocols.recorded import RecordedFace
from tests.alpaca_accounts import settings_for
from tests.recorded.alpaca.covered import covers
from tieout.accounts import Mode, require_mode
from tieout.errors import NotFound, Unauthorised
from tieout.instruments import equity
from tieout.snapshots import Balance, Completeness, Position

DAY = date(2026, 10, 8)


@covers("account_ok.http.json")
def test_the_account_proves_paper_and_states_its_balances(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path
) -> None:
    face.play(recordings / "account_ok.http.json")

    identity = broker.fetch_identity()

    assert identity.venue_account == "********0001"
    assert identity.mode is Mode.PAPER
    assert identity.currency == "USD"
    assert not identity.trading_blocked
    require_mode(settings_for(face.base_url).account, identity)


@covers("account_401_bad_key.http.json")
def test_a_refused_key_stops_the_account_even_in_a_snapshot(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path
) -> None:
    face.play(recordings / "account_401_bad_key.http.json")

    with pytest.raises(Unauthorised, match="access key verification failed") as refused:
        broker.fetch_snapshot(DAY)

    assert refused.value.code == "40110000"


@covers("positions_list.http.json")
def test_a_snapshot_holds_exactly_the_recorded_positions(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path
) -> None:
    for name in ("account_ok", "positions_list", "clock"):
        face.play(recordings / f"{name}.http.json")
    face.serve("GET", "/v2/orders", b"[]")

    snapshot = broker.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is Completeness.COMPLETE
    assert snapshot.proof.reads == 2
    assert snapshot.proof.end_markers == ("account", "positions", "orders")
    assert snapshot.balances == (Balance("USD", Decimal(100000), None, Decimal(100000), Decimal(400000)),)
    assert [(p.instrument.symbol, p.quantity) for p in snapshot.positions] == [("TSLA", 5), ("GOOG", 5), ("AAPL", 2)]
    assert snapshot.positions[2] == Position(
        equity("AAPL"),
        quantity=Decimal(2),
        avg_entry_price=Decimal("321.33"),
        market_price=Decimal("323.2"),
        market_value=Decimal("646.4"),
        cost_basis=Decimal("642.66"),
        unrealized_pnl=Decimal("3.74"),
        side="long",
    )
    assert snapshot.unmapped == ()


@covers("position_fractional.json")
def test_a_fraction_keeps_its_nine_decimals(face: RecordedFace, broker: AlpacaBroker, recordings: Path) -> None:
    face.play(recordings / "account_ok.http.json")
    face.serve("GET", "/v2/positions", (recordings / "position_fractional.json").read_bytes())
    face.serve("GET", "/v2/orders", b"[]")

    (position,) = broker.fetch_snapshot(DAY).positions

    assert position.quantity == Decimal("0.557436865")
    assert position.cost_basis == Decimal("48.430054")
    assert position.avg_entry_price == Decimal("86.879891")


@covers("position_short.json")
def test_a_short_is_negative_in_units_value_and_cost(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path
) -> None:
    excerpt = json.loads((recordings / "position_short.json").read_bytes())
    assert signed_quantity(Row(excerpt, "excerpt")) == (Decimal(-2478), "short")
    # The recording is an excerpt of four fields; the rest of the row is written here
    rest = {"symbol": "BAC", "asset_class": "us_equity", "avg_entry_price": "8.36", "current_price": "8.91"}
    face.play(recordings / "account_ok.http.json")
    face.serve("GET", "/v2/positions", json.dumps([rest | excerpt]).encode())
    face.serve("GET", "/v2/orders", b"[]")

    (position,) = broker.fetch_snapshot(DAY).positions

    assert position.quantity == Decimal(-2478)
    assert position.market_value == Decimal("-22078.98")
    assert position.cost_basis == Decimal("-20716.08")


@covers("position_404.http.json")
def test_not_found_is_the_venues_own_word(face: RecordedFace, broker: AlpacaBroker, recordings: Path) -> None:
    exchange = json.loads((recordings / "position_404.http.json").read_bytes())["response"]
    face.serve("GET", "/v2/assets/F", json.dumps(exchange["body"]).encode(), exchange["status"], exchange["headers"])

    with pytest.raises(NotFound, match="position does not exist") as missing:
        broker.fetch_contract(equity("F"))

    assert missing.value.code == "40410000"
