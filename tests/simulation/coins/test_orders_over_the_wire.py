"""The order desk against the faces of Binance and Bybit, through the real ccxt, on bad days: none twice, none lost.

Every request may be struck: lost before it arrived, answered by a gateway's page or cut off after it was carried out; a
list may lack its rows. Refusals for number are left to the contract suite, for our own limiter really waits for those.
Time is simulated; the sockets are real.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest

from simulator.protocols.coins.orders import shown_id
from simulator.protocols.faults import Answer, DropRows, Effect, Reset, Truncate, html
from simulator.protocols.http_face import HttpFace
from simulator.protocols.limits import RequestLimit
from simulator.protocols.wire import FaceAnswer, FaceRequest
from sql.placements import append_intent, read_placement
from tasks.orders.desk import OrderDesk, Venue
from tasks.orders.watch import Watch
from tests.contract.coins.venues import VENUES, CoinVenue
from tests.databases import ReusedJournal, journal_to_reuse
from tests.unit.simulator.protocols.coins.world import ALWAYS, BTC, START, CoinWorld
from tieout.ids import AccountId
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Approved, CancelFor, Placement, Policy

SEEDS = 8
POLICY = Policy(visibility=timedelta(seconds=4), look_every=timedelta(seconds=2))
CALM_FROM, CLOSING, GIVEN_UP = timedelta(seconds=40), timedelta(seconds=60), timedelta(minutes=6)
WRITES: tuple[Effect, ...] = (
    Reset(),
    Reset(booked=True),
    html(502),
    html(503, booked=True),
    html(200, booked=True),
    Truncate(9),
    Truncate(9, honest=False),
)
READS: tuple[Effect, ...] = (Reset(), html(502), Truncate(9), DropRows(9))


@pytest.fixture(scope="module")
def journal() -> Iterator[ReusedJournal]:
    with journal_to_reuse() as journal:
        yield journal


@dataclass(slots=True)
class Counted:
    """An effect that counts how often it struck."""

    effect: Effect
    struck: list[Effect]

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        self.struck.append(self.effect)
        return self.effect.strike(request, answer)


def decisions(account: AccountId, draws: random.Random) -> list[Placement]:
    """Up to three orders: met at once, met later or never."""
    found = []
    for number in range(draws.choice((1, 2, 3))):
        key = intent_id(account, "wire", draws.random(), number)
        price = Decimal(draws.choice((58_900, 59_500, 60_600)))
        until = draws.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC))
        size = Decimal(draws.randint(1, 30)) / 100
        order = Order(order_id_of(key), BTC, Side.BUY, size, OrderType.LIMIT, until, price)
        intent = Intent(key, account, order, START.date(), START, window="wire")
        found.append(Placement(intent, OrderState.PLANNED))
    return found


def unlimited(face: HttpFace) -> None:
    """A simulated minute takes a moment: limits that count in real time would refuse what is right."""
    for name in ("reads", "writes", "address", "weight", "counts"):
        limit = getattr(face, name, None)
        if isinstance(limit, RequestLimit):
            limit.per_minute = 1_000_000


def strike(face: HttpFace, draws: random.Random, struck: list[Effect]) -> None:
    """What goes wrong with the next requests, if anything."""
    face.faults.clear()
    for method, effects in (("POST", WRITES), ("DELETE", WRITES), ("GET", READS)):
        if draws.random() < 0.5:
            face.faults.add(Counted(draws.choice(effects), struck), "*", method, skip=draws.choice((0, 0, 1)))


def play(venue: CoinVenue, seed: int, reused: ReusedJournal, struck: list[Effect]) -> tuple[CoinWorld, list[Placement]]:
    """One seed, until everything has ended or nobody waits any longer."""
    draws, journal = random.Random(f"{venue.name}:{seed}"), reused.emptied()
    world = CoinWorld("60000", "59400", "58800", depth="0.1", fees=venue.name)
    account = AccountId(f"{venue.name}-main")
    rows = decisions(account, draws)
    with venue.face(world.venue) as face, venue.broker(face.base_url, world.clock, *venue.signs(world)) as broker:
        unlimited(face)
        broker.fetch_snapshot(START.date())  # markets are read on a good day
        desk = OrderDesk(
            journal=journal,
            venue_of=lambda _: Venue(broker, ALWAYS, POLICY),
            admit=lambda _: Approved("risk"),
            tell=lambda row, event: None,
            clock=world.clock,
        )
        with journal.write() as connection:
            for row in rows:
                append_intent(connection, row, (), now=world.clock.now)
        watch(world, Watch(desk, (row.intent.intent_id for row in rows)), face, draws, struck)
    with journal.read() as connection:
        return world, [read_placement(connection, row.intent.intent_id) for row in rows]


def watch(world: CoinWorld, watch: Watch, face: HttpFace, draws: random.Random, struck: list[Effect]) -> None:
    """Look after all of it, through trouble, the window's end and the calm after."""
    closed = False
    strike(face, draws, struck)
    watch.begin()
    while world.clock.now < START + GIVEN_UP:
        if world.clock.now < START + CALM_FROM:
            strike(face, draws, struck)
        else:
            face.faults.clear()
        if not closed and world.clock.now >= START + CLOSING:
            watch.cancel(CancelFor.WITHDRAWN, "the window is over")
            closed = True
        due = watch.turn()
        if due is None and closed:
            return
        later = world.clock.now + timedelta(seconds=1)
        world.venue.advance(later if due is None else max(due, later))


@pytest.mark.parametrize("venue", [one for one in VENUES if one.name in ("binance", "bybit")], ids=lambda one: one.name)
def test_no_order_is_doubled_and_none_is_lost(venue: CoinVenue, journal: ReusedJournal) -> None:
    findings: list[str] = []
    struck: list[Effect] = []
    for seed in range(SEEDS):
        world, rows = play(venue, seed, journal, struck)
        for row in rows:
            key = row.intent.order.client_order_id
            there = [one for one in world.account.desk.orders if shown_id(one.order.client_order_id) == key]
            filled = sum((one.filled_quantity for one in there), Decimal(0))
            live = [one for one in there if one.state.is_live]
            if len(there) > 1:
                findings.append(f"seed {seed}: {len(there)} orders under one id")
            if not row.ended or live or row.filled != filled or row.booked != filled:
                findings.append(f"seed {seed}: {row.state}, {row.filled} of {filled} units, {len(live)} live")

    assert findings == []
    assert len(struck) > SEEDS
