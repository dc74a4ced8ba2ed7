"""The stream of orders of Binance's wallets and of Bybit, through ccxt.pro over a real socket: told once, gaps said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from brokers.base import Broker
from simulator.protocols.binance.face import BinanceFace
from simulator.protocols.bybit.face import BybitFace
from simulator.protocols.http_face import HttpFace
from simulator.protocols.streaming import StreamFault
from simulator.protocols.wire import FaceAnswer, FaceRequest
from tests.contract.coins.venues import VENUES, CoinVenue
from tests.contract.test_updates import PATIENCE_S, heard
from tests.unit.simulator.protocols.coins.world import BTC, KEY, SECRET, SWAP, CoinWorld
from tieout.errors import BrokerError, Unauthorised, Unavailable, Unreadable
from tieout.ids import client_order_id
from tieout.instruments import Instrument
from tieout.orders import Order, OrderReport, OrderState, OrderType, Side, TimeInForce

NEW, PART, FILLED = OrderState.WORKING, OrderState.PARTIALLY_FILLED, OrderState.FILLED
BINANCE, BYBIT = (next(one for one in VENUES if one.name == name) for name in ("binance", "bybit"))
BOTH = {"binance": {"products": "spot,linear"}, "bybit": {"products": "spot,linear"}}
CASES = [(one, instrument) for one in (BINANCE, BYBIT) for instrument in (BTC, SWAP)]
StreamFace = BinanceFace | BybitFace


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0].name} {case[1].asset_class}")
def case(request: pytest.FixtureRequest) -> tuple[CoinVenue, Instrument]:
    found: tuple[CoinVenue, Instrument] = request.param
    return found


@pytest.fixture
def venue(case: tuple[CoinVenue, Instrument]) -> CoinVenue:
    """An account with coins and contracts, so that Binance's has two connections."""
    return replace(case[0], options={**case[0].options, **BOTH[case[0].name]})


@pytest.fixture
def instrument(case: tuple[CoinVenue, Instrument]) -> Instrument:
    return case[1]


@pytest.fixture
def world(venue: CoinVenue) -> CoinWorld:
    """Prices that come to a limit of 59,500 in the second minute; a tenth is to be had at a time."""
    return CoinWorld("60000", "59400", "59300", "59200", depth="0.1", fees=venue.name)


@pytest.fixture
def stream(face: HttpFace) -> StreamFace:
    assert isinstance(face, BinanceFace | BybitFace)
    return face


def an_order(instrument: Instrument, key: str = "first", *, limit: int = 59_500, **more: object) -> Order:
    known = {"quantity": Decimal("0.25"), "time_in_force": TimeInForce.GTC} | more
    return Order(
        client_order_id(key),
        instrument,
        Side.BUY,
        order_type=OrderType.LIMIT,
        limit_price=Decimal(limit),
        **known,  # type: ignore[arg-type]
    )


def until_gap(broker: Broker) -> tuple[list[OrderReport], Unavailable]:
    """What came before the stream said that it ended, and how it said so."""
    reports: list[OrderReport] = []
    while True:
        try:
            fresh = list(broker.order_updates(PATIENCE_S))
        except Unavailable as gap:
            return reports, gap
        assert fresh, "neither a report nor a gap came"
        reports += fresh


def test_an_order_is_told_from_its_acceptance_over_each_part_to_its_fill(
    broker: Broker, world: CoinWorld, instrument: Instrument
) -> None:
    assert list(broker.order_updates()) == []

    broker.submit(an_order(instrument))
    for _ in range(3):
        world.tick()
    reports = heard(broker, FILLED)

    told = [(one.state, one.filled_quantity) for one in reports]
    parts = [(PART, Decimal("0.1")), (PART, Decimal("0.2"))]
    assert told == [(NEW, Decimal(0)), *parts, (FILLED, Decimal("0.25"))]
    assert {(one.instrument, one.side, one.quantity) for one in reports} == {(instrument, Side.BUY, Decimal("0.25"))}
    trades = world.account.executions
    paid = sum(one.quantity * one.price for one in trades)
    assert reports[-1].average_fill_price == paid / Decimal("0.25")
    assert list(broker.order_updates()) == []


def test_changes_that_come_in_one_breath_are_told_one_by_one(
    broker: Broker, world: CoinWorld, instrument: Instrument
) -> None:
    """Left to itself ccxt shows the last of them."""
    list(broker.order_updates())
    with world.venue.lock:
        world.account.submit(an_order(instrument))
        for _ in range(3):
            world.tick()

    assert [one.state for one in heard(broker, FILLED)] == [NEW, PART, PART, FILLED]


def test_a_cancel_is_told_under_our_id(broker: Broker, world: CoinWorld, instrument: Instrument) -> None:
    list(broker.order_updates())
    broker.submit(an_order(instrument))
    world.tick()
    broker.cancel(client_order_id("first"))

    report = heard(broker, OrderState.CANCELLED)[-1]

    assert (report.client_order_id, report.filled_quantity) == (client_order_id("first"), Decimal("0.1"))


def test_the_rest_that_the_venue_lets_expire_is_told_as_over(broker: Broker, instrument: Instrument) -> None:
    list(broker.order_updates())
    broker.submit(an_order(instrument, limit=60_100, time_in_force=TimeInForce.IOC))

    over = (OrderState.EXPIRED, OrderState.CANCELLED)
    reports: list[OrderReport] = []
    while not reports or reports[-1].state not in over:
        fresh = list(broker.order_updates(PATIENCE_S))
        assert fresh, f"nothing came after {[one.state for one in reports]}"
        reports += fresh

    assert reports[-1].filled_quantity == Decimal("0.1")


def test_a_cut_is_told_after_what_came_before_it_and_the_next_call_listens_again(
    broker: Broker, world: CoinWorld, stream: StreamFace, instrument: Instrument
) -> None:
    list(broker.order_updates())
    broker.submit(an_order(instrument))
    assert heard(broker, NEW)
    stream.stream.fail(StreamFault.HANG_UP)
    world.tick()

    reports, gap = until_gap(broker)
    missed = broker.fetch_order(client_order_id("first"))

    assert (reports, type(gap)) == ([], Unavailable)
    assert missed is not None
    assert (missed.state, missed.filled_quantity) == (PART, Decimal("0.1"))
    assert list(broker.order_updates()) == []
    for _ in range(2):
        world.tick()
    assert [one.filled_quantity for one in heard(broker, FILLED)] == [Decimal("0.2"), Decimal("0.25")]


def test_a_connection_that_ends_in_the_breath_of_its_last_update_is_a_gap_all_the_same(
    broker: Broker, world: CoinWorld, stream: StreamFace, instrument: Instrument
) -> None:
    """ccxt would connect anew in silence, for nobody waits for an order just then."""
    list(broker.order_updates())
    with world.venue.lock:
        stream.stream.fail(StreamFault.HANG_UP, skip=1)
        world.account.submit(an_order(instrument))
        world.tick()

    reports, _ = until_gap(broker)

    assert [one.state for one in reports] in ([], [NEW])  # a reset may overtake what was on its way


def test_an_unreadable_frame_ends_the_stream_and_is_kept(
    broker: Broker, world: CoinWorld, stream: StreamFace, instrument: Instrument
) -> None:
    list(broker.order_updates())
    stream.stream.fail(StreamFault.GARBLE)
    broker.submit(an_order(instrument))

    _, gap = until_gap(broker)

    assert isinstance(gap, Unreadable)
    assert client_order_id("first") in gap.received or "BTCUSDT" in gap.received
    assert "changes may have been missed" in str(gap)
    assert list(broker.order_updates()) == []
    broker.submit(an_order(instrument, "second"))
    assert heard(broker, NEW, "second")


def test_a_wrong_secret_is_unauthorised(
    venue: CoinVenue, world: CoinWorld, stream: StreamFace, keys: tuple[str, str]
) -> None:
    with (
        venue.broker(stream.base_url, world.clock, keys[0], "test-secret-of-nobody") as broker,
        pytest.raises(Unauthorised),
    ):
        list(broker.order_updates())

    stream.stop()
    assert stream.stream.listening == 0


def test_a_session_that_ends_hangs_up(
    venue: CoinVenue, world: CoinWorld, stream: StreamFace, keys: tuple[str, str]
) -> None:
    with venue.broker(stream.base_url, world.clock, *keys) as broker:
        list(broker.order_updates())
        assert stream.stream.listening == (2 if venue.name == "binance" else 1)

    stream.stop()
    assert stream.stream.listening == 0


def test_a_subscription_that_the_venue_ends_without_a_hang_up_is_a_gap(
    broker: Broker, venue: CoinVenue, stream: StreamFace, instrument: Instrument
) -> None:
    """ccxt would wait for ever: it does not know that nothing comes any more."""
    if not isinstance(stream, BinanceFace):
        pytest.skip("bybit ends a stream by hanging up")
    list(broker.order_updates())
    stream.stream.end_all()

    reports, _ = until_gap(broker)

    assert reports == []
    assert list(broker.order_updates()) == []  # under a new key
    broker.submit(an_order(instrument))
    assert heard(broker, NEW)


def test_a_listen_key_is_kept_alive_and_its_loss_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """ccxt keeps it alive once: an hour later the stream would be dead, and nobody would know."""
    asked: list[str] = []

    class Forgetful(BinanceFace):
        def spoken(self, request: FaceRequest) -> FaceAnswer:
            if request.path == "/fapi/v1/listenKey":
                asked.append(request.method)
            if asked.count("PUT") == 3:
                self.stream.listen_keys.clear()
            return super().spoken(request)

    monkeypatch.setattr("brokers.ccxt.stream.KEEP_EVERY_S", 0.05)
    venue, world = replace(BINANCE, options={"products": "linear", "symbols": "BTC/USDT:USDT"}), CoinWorld()
    with Forgetful(world.venue) as face, venue.broker(face.base_url, world.clock, KEY, SECRET) as broker:
        list(broker.order_updates())
        until_gap(broker)

    assert asked == ["POST", "PUT", "PUT", "PUT"]


def test_a_connection_that_bybit_cuts_is_signed_for_anew(
    broker: Broker, world: CoinWorld, stream: StreamFace, instrument: Instrument
) -> None:
    """What was signed once does not open a second connection: its stamp is over after ten seconds."""
    if not isinstance(stream, BybitFace):
        pytest.skip("the others sign requests or keys")
    list(broker.order_updates())
    broker.submit(an_order(instrument))
    assert heard(broker, NEW)
    stream.stream.fail(StreamFault.HANG_UP)
    world.tick()
    until_gap(broker)
    stream.skew = timedelta(minutes=1)  # an old stamp is refused from now on, and so is a clock that is behind

    with pytest.raises(BrokerError):
        list(broker.order_updates())
    stream.skew = timedelta(0)
    assert list(broker.order_updates()) == []
    world.tick()
    assert heard(broker, PART)[-1].filled_quantity == Decimal("0.2")
