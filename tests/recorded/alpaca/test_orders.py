"""Orders and the answers to telling, as recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from brokers.alpaca.adapter import AlpacaBroker
from brokers.alpaca.parse.orders import client_ids, order_report, order_update
from brokers.http.body import read_json
from brokers.http.fields import rows
from simulator.protocols.recorded import RecordedFace
from tests.recorded.alpaca.covered import covers
from tieout.errors import BrokerError, DuplicateOrder, InsufficientFunds, InvalidOrder, NotFound, NotTradable
from tieout.ids import ClientOrderId
from tieout.instruments import crypto, equity, option
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce

KNOWN = ClientOrderId("e08ad98f-07a4-40a8-9b6e-7186b0b7dd8d")
UNKNOWN = ClientOrderId("b0b6dd9d-8b9b-48a9-ba46-b9d54906e415")
ORDER = Order(
    ClientOrderId("2a537ca1-ba25-4e66-9266-6e87c1cdcb8d"),
    equity("TSLA"),
    Side.BUY,
    Decimal(1),
    OrderType.MARKET,
    TimeInForce.DAY,
)


@covers("order_create_ok.http.json")
def test_an_accepted_order_works(face: RecordedFace, broker: AlpacaBroker, recordings: Path) -> None:
    face.play(recordings / "order_create_ok.http.json")

    report = broker.submit(ORDER)

    assert report.broker_order_id == "49aa1811-be1e-400a-9375-f14b5ac28ddf"
    assert (report.state, report.venue_status) == (OrderState.WORKING, "accepted")
    assert (report.quantity, report.filled_quantity, report.average_fill_price) == (1, 0, None)
    assert report.submitted_at == datetime(2020, 5, 24, 22, 25, 12, 221954, UTC)


@covers(
    "order_create_403_buying_power.http.json",
    "order_create_403_sell_above_held.http.json",
    "order_create_422_duplicate_client_order_id.http.json",
    "order_create_422_unknown_asset.http.json",
)
@pytest.mark.parametrize(
    ("recording", "leaf", "code"),
    [
        ("order_create_403_buying_power", InsufficientFunds, "40310000"),
        ("order_create_403_sell_above_held", InsufficientFunds, "40310000"),
        ("order_create_422_duplicate_client_order_id", DuplicateOrder, "40010001"),
        ("order_create_422_unknown_asset", NotTradable, "40010001"),
    ],
)
def test_a_refused_order_is_told_by_its_code_and_its_words(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path, recording: str, leaf: type[BrokerError], code: str
) -> None:
    face.play(recordings / f"{recording}.http.json")

    with pytest.raises(leaf) as refused:
        broker.submit(ORDER)

    assert type(refused.value) is leaf
    assert refused.value.code == code


@covers("order_by_client_id_ok.http.json")
def test_an_order_is_found_by_our_own_id(face: RecordedFace, broker: AlpacaBroker, recordings: Path) -> None:
    face.play(recordings / "order_by_client_id_ok.http.json")

    report = broker.fetch_order(KNOWN)

    assert report is not None
    assert report.client_order_id == KNOWN
    assert report.instrument == equity("AAPL")


@covers("order_by_client_id_404.http.json")
def test_only_the_venues_own_not_found_means_that_there_is_none(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path
) -> None:
    face.play(recordings / "order_by_client_id_404.http.json")

    assert broker.fetch_order(UNKNOWN) is None


@covers("order_cancel_204.http.json")
def test_a_cancel_is_asked_for_and_looked_at(face: RecordedFace, broker: AlpacaBroker, recordings: Path) -> None:
    order = recorded_body(recordings, "order_by_client_id_ok") | {"id": "d2ddd83c-63f5-42d4-801b-58e1be01327b"}
    after = order | {"status": "canceled"}
    face.serve("GET", "/v2/orders:by_client_order_id", json.dumps(order).encode())
    face.serve("GET", "/v2/orders:by_client_order_id", json.dumps(after).encode())
    face.play(recordings / "order_cancel_204.http.json")

    assert broker.cancel(KNOWN).state is OrderState.CANCELLED
    assert [call.method for call in face.log] == ["GET", "DELETE", "GET"]


@covers("order_cancel_404.http.json")
def test_a_cancel_of_an_order_that_is_gone_is_not_found(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path
) -> None:
    order = recorded_body(recordings, "order_by_client_id_ok") | {"id": UNKNOWN}
    face.serve("GET", "/v2/orders:by_client_order_id", json.dumps(order).encode())
    face.play(recordings / "order_cancel_404.http.json")

    with pytest.raises(NotFound, match="order not found"):
        broker.cancel(KNOWN)


@covers("order_replace_422_not_sent_yet.http.json")
def test_a_replacement_before_the_exchange_has_the_order_is_refused(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path
) -> None:
    for name in ("order_by_client_id_ok", "order_replace_422_not_sent_yet"):
        face.play(recordings / f"{name}.http.json")

    with pytest.raises(InvalidOrder, match="isn't sent to exchange yet"):
        broker.replace(KNOWN, replace(ORDER, quantity=Decimal(3)))


@covers("orders_cancel_all_207.http.json")
def test_orders_being_cancelled_still_work(face: RecordedFace, broker: AlpacaBroker, recordings: Path) -> None:
    lines = recorded_list(recordings, "orders_cancel_all_207")
    face.serve("GET", "/v2/orders", json.dumps([line["body"] for line in lines]).encode())

    reports = broker.fetch_orders(datetime(2020, 5, 1, tzinfo=UTC), datetime(2020, 6, 1, tzinfo=UTC))

    assert [r.instrument for r in reports] == [equity("TSLA"), equity("AAPL")]
    assert {(r.state, r.venue_status) for r in reports} == {(OrderState.WORKING, "pending_cancel")}


@covers("order_mleg_filled.json")
def test_a_multi_leg_order_has_its_instruments_in_its_legs(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path
) -> None:
    body = (recordings / "order_mleg_filled.json").read_bytes()
    face.serve("GET", "/v2/orders", b"[" + body + b"]")

    (report,) = broker.fetch_orders(datetime(2024, 12, 1, tzinfo=UTC), datetime(2024, 12, 31, tzinfo=UTC))

    assert (report.instrument, report.side, report.average_fill_price) == (None, None, Decimal("1.28"))
    assert [(leg.instrument, leg.side, leg.quantity) for leg in report.legs] == [
        (option("AAPL241213C00250000"), Side.BUY, Decimal(3)),
        (option("AAPL241213C00260000"), Side.SELL, Decimal(1)),
    ]
    # Fills name the legs; the legs' own client ids are the venue's inventions, the intent is the parent's
    (row,) = rows(read_json(b"[" + body + b"]"), "orders")
    assert set(client_ids(row).values()) == {"646b1fe6-b212-4f54-94c6-429e7bcdee04"}
    assert len(client_ids(row)) == 3


@covers("order_option_pending_new.json")
def test_a_pending_option_order_works(face: RecordedFace, broker: AlpacaBroker, recordings: Path) -> None:
    face.serve("GET", "/v2/orders:by_client_order_id", (recordings / "order_option_pending_new.json").read_bytes())

    report = broker.fetch_order(ClientOrderId("30a077fc-0000-4000-8000-000000000001"))

    assert report is not None
    assert report.instrument == option("AAPL250620C00100000")
    assert (report.state, report.limit_price) == (OrderState.WORKING, Decimal(10))
    assert report.submitted_at == datetime(2023, 12, 12, 21, 35, 49, 56332, UTC)


@covers("trade_updates_ws_messages.json")
def test_a_stream_frame_holds_an_order_or_nothing(recordings: Path) -> None:
    frames = read_json((recordings / "trade_updates_ws_messages.json").read_bytes())
    assert isinstance(frames, list)

    *quiet, order = [order_update(frame) for frame in frames]

    assert quiet == [None] * 7
    assert order is not None
    filled = order_report(order)
    assert (filled.instrument, filled.state) == (crypto("SOL"), OrderState.FILLED)
    assert filled.filled_quantity == Decimal("1790.86")
    assert filled.submitted_at == datetime(2022, 4, 19, 17, 45, 4, 980944, UTC)


def recorded_body(recordings: Path, name: str) -> dict[str, object]:
    body = json.loads((recordings / f"{name}.http.json").read_bytes())["response"]["body"]
    assert isinstance(body, dict)
    return body


def recorded_list(recordings: Path, name: str) -> list[dict[str, object]]:
    body = json.loads((recordings / f"{name}.http.json").read_bytes())["response"]["body"]
    assert isinstance(body, list)
    return body
