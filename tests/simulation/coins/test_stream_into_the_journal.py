"""Streams of orders into the journal, through ccxt.pro, the window's own listening and the order desk.

Whatever happens to the stream, the journal ends with each trade once, fees and all: what the stream did not say the
lists say. Time is simulated; the sockets are real.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from brokers.base import Broker
from simulator.protocols.binance.face import BinanceFace
from simulator.protocols.bybit.face import BybitFace
from simulator.protocols.coins.orders import shown_id
from simulator.protocols.streaming import StreamFault
from sql.fills import read_fills
from sql.journal import Journal
from sql.placements import append_intent, read_placement
from sql.quarantine import Kept, read_kept
from tasks.orders.desk import OrderDesk, Venue
from tasks.orders.watch import Watch
from tasks.trading.hearing import hear
from tests.contract.coins.venues import VENUES, CoinVenue
from tests.databases import ReusedJournal, journal_to_reuse
from tests.simulation.coins.wire import unlimited
from tests.unit.simulator.protocols.coins.world import ALWAYS, BTC, START, SWAP, CoinWorld
from tieout.ids import AccountId, RunId
from tieout.instruments import Instrument
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderReport, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Approved, Placement, Policy
from tieout.records import Execution
from tieout.window_plan import WindowRun

PATIENCE_S = 5.0
NEVER = timedelta(hours=6)
STREAMED = [one for one in VENUES if one.name in ("binance", "bybit")]


@pytest.fixture(scope="module")
def journal() -> Iterator[ReusedJournal]:
    with journal_to_reuse() as journal:
        yield journal


@dataclass(slots=True)
class Window:
    """One order at one venue while its window listens."""

    world: CoinWorld
    journal: Journal
    broker: Broker
    row: Placement
    policy: Policy
    gaps: int = 0
    reports: list[OrderReport] = field(default_factory=list)
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        desk = OrderDesk(
            journal=self.journal,
            venue_of=lambda _: Venue(self.broker, ALWAYS, self.policy),
            admit=lambda _: Approved("risk"),
            tell=lambda row, event: None,
            clock=self.world.clock,
        )
        self.watch = Watch(desk, [self.row.intent.intent_id])
        with self.journal.write() as connection:
            append_intent(connection, self.row, (), now=self.world.clock.now)

    @property
    def work(self) -> WindowRun:
        account = self.row.intent.account_id
        run = RunId(f"{account}-20260302-01")
        return WindowRun(account, "wire", START.date(), START, START + NEVER, run_id=run)

    def listen(self, wait_s: float) -> bool:
        """As the window does between its turns; whether anything came, or the stream said that it ended."""
        before = len(self.reports)
        if not hear(self.broker, self.journal, self.work, wait_s, self._told):
            self.gaps += 1
        return len(self.reports) > before or self.gaps > 0

    def _told(self, report: OrderReport) -> None:
        self.reports.append(report)
        self.watch.report(report)

    def stands(self) -> Placement:
        with self.journal.read() as connection:
            return read_placement(connection, self.row.intent.intent_id)

    def booked(self) -> tuple[Execution, ...]:
        with self.journal.read() as connection:
            row = read_placement(connection, self.row.intent.intent_id)
            return read_fills(connection, [row])[self.row.intent.intent_id]

    def kept(self) -> list[Kept]:
        with self.journal.read() as connection:
            return read_kept(connection)

    def truth(self) -> set[tuple[object, ...]]:
        """What the venue traded."""
        key = self.row.intent.order.client_order_id
        made = [one for one in self.world.account.executions if shown_id(one.client_order_id) == key]
        return {_content(one) for one in made}


def _content(one: Execution) -> tuple[object, ...]:
    return one.side, one.quantity, one.price, one.fee, one.fee_currency, one.executed_at


@pytest.fixture(params=STREAMED, ids=lambda venue: venue.name)
def venue(request: pytest.FixtureRequest) -> CoinVenue:
    found: CoinVenue = request.param
    return replace(found, options={**found.options, "products": "spot,linear", "symbols": "BTC/USDT,BTC/USDT:USDT"})


@pytest.fixture
def world(venue: CoinVenue) -> CoinWorld:
    """Prices that come to a limit of 59,500 in the second minute; a tenth is to be had at a time."""
    return CoinWorld("60000", "59400", "59300", "59200", depth="0.1", fees=venue.name)


@pytest.fixture
def face(venue: CoinVenue, world: CoinWorld) -> Iterator[BinanceFace | BybitFace]:
    with venue.face(world.venue) as face:
        assert isinstance(face, BinanceFace | BybitFace)
        unlimited(face)
        yield face


@pytest.fixture
def broker(venue: CoinVenue, world: CoinWorld, face: BinanceFace | BybitFace) -> Iterator[Broker]:
    with venue.broker(face.base_url, world.clock, *venue.signs(world)) as broker:
        yield broker


def decided(venue: CoinVenue, instrument: Instrument) -> Placement:
    account = AccountId(f"{venue.name}-main")
    key = intent_id(account, "stream", instrument.symbol)
    order = Order(
        order_id_of(key),
        instrument,
        Side.BUY,
        Decimal("0.25"),
        OrderType.LIMIT,
        TimeInForce.GTC,
        Decimal(59_500),
    )
    return Placement(Intent(key, account, order, START.date(), START, window="wire"), OrderState.PLANNED)


@pytest.mark.parametrize("instrument", [BTC, SWAP], ids=["spot", "linear"])
def test_what_the_stream_says_is_in_the_journal_before_anybody_polls_and_its_trades_with_their_fees_after(
    venue: CoinVenue, world: CoinWorld, broker: Broker, journal: ReusedJournal, instrument: Instrument
) -> None:
    window = Window(world, journal.emptied(), broker, decided(venue, instrument), Policy(look_every=NEVER))
    window.listen(0)
    window.watch.begin()
    window.watch.turn()
    for _ in range(3):
        assert window.listen(PATIENCE_S)
        world.tick()
    while window.stands().state is not OrderState.FILLED:
        assert window.listen(PATIENCE_S)

    assert (window.gaps, window.stands().filled) == (0, Decimal("0.25"))
    world.venue.advance(world.clock.now + NEVER)
    window.watch.turn()

    assert window.stands().booked == Decimal("0.25")
    assert {_content(one) for one in window.booked()} == window.truth()
    assert len(window.booked()) == 3
    assert all(one.fee > 0 for one in window.booked())


@pytest.mark.parametrize("fault", list(StreamFault))
@pytest.mark.parametrize("instrument", [BTC, SWAP], ids=["spot", "linear"])
def test_whatever_happens_to_the_stream_no_trade_is_lost_and_none_is_booked_twice(
    venue: CoinVenue,
    world: CoinWorld,
    face: BinanceFace | BybitFace,
    broker: Broker,
    journal: ReusedJournal,
    instrument: Instrument,
    fault: StreamFault,
) -> None:
    policy = Policy(look_every=timedelta(minutes=2))
    window = Window(world, journal.emptied(), broker, decided(venue, instrument), policy)
    window.listen(0)
    face.stream.fail(fault, skip=1)
    window.watch.begin()
    window.watch.turn()
    assert window.listen(PATIENCE_S)
    for _ in range(6):
        world.tick()
        window.watch.turn()
        window.listen(0.05)

    assert window.stands().state is OrderState.FILLED
    assert {_content(one) for one in window.booked()} == window.truth()
    assert (len(window.booked()), window.stands().booked) == (3, Decimal("0.25"))
    assert bool(window.gaps) is (fault in (StreamFault.HANG_UP, StreamFault.GARBLE))
    assert [one.part for one in window.kept()] == (["order updates"] if fault is StreamFault.GARBLE else [])
    for one in window.kept():
        assert (one.run_id, b'"' in one.body) == (window.work.run_id, True)
