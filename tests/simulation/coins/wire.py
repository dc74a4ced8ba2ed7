"""The order desk over the wire of a coin venue, through the real ccxt: bad requests, and processes that die or sleep.

Every request may be struck: lost before it arrived, answered by a gateway's page or cut off after it was carried out; a
list may lack its rows. At every write of the journal and before and after every call a process may die, or fall asleep
and wake up when another has taken over. Refusals for number are left to the contract suite, for our own limiter really
waits for those. Time is simulated; journal, leases, ccxt and sockets are real.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import select

from brokers.base import Broker
from simulator.protocols.coins.orders import shown_id
from simulator.protocols.faults import Answer, DropRows, Effect, Reset, Truncate, html
from simulator.protocols.http_face import HttpFace
from simulator.protocols.limits import RequestLimit
from simulator.protocols.wire import FaceAnswer, FaceRequest
from sql.fills import read_fills
from sql.journal import Journal
from sql.leases import Lease, acquire, renew
from sql.placements import append_intent, read_placement
from sql.rows import read_rows
from sql.schema.journal import lease as leases
from tasks.orders.desk import OrderDesk, Venue
from tasks.orders.watch import Watch
from tests.contract.coins.venues import CoinVenue
from tests.simulation.orders.process import TTL, PointedJournal, ProcessDied
from tests.unit.simulator.protocols.coins.world import ALWAYS, BTC, START, CoinWorld
from tieout.errors import StoreError
from tieout.ids import AccountId
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Approved, CancelFor, Placement, Policy

POLICY = Policy(visibility=timedelta(seconds=4), look_every=timedelta(seconds=2))
CALM_FROM, CLOSING, GIVEN_UP = timedelta(seconds=40), timedelta(seconds=60), timedelta(minutes=8)
ON_THE_WAY = timedelta(seconds=3)  # the longest that a request travels after the last look at the lease
WRITES: dict[str, Effect] = {
    "reset before": Reset(),
    "reset after": Reset(booked=True),
    "gateway's 502, not carried out": html(502),
    "gateway's 503, carried out": html(503, booked=True),
    "a page with 200, carried out": html(200, booked=True),
    "cut short": Truncate(9),
    "cut short, said to be whole": Truncate(9, honest=False),
}
READS: dict[str, Effect] = {
    "read: reset": Reset(),
    "read: gateway's 502": html(502),
    "read: cut short": Truncate(9),
    "read: rows missing": DropRows(9),
}
CALLS = ("submit", "cancel", "fetch_order", "fetch_orders", "fetch_executions")
POINTS = (
    *("before write", "before commit", "after commit", "before read"),
    *(f"{when} {call}" for call in CALLS for when in ("before", "after")),
)
_SENDS = ("after commit", "before submit", "after submit")  # where a death or a sleep is worth most


@dataclass(frozen=True, slots=True)
class Stop:
    """A process dies where it comes to a point, or sleeps there and wakes up a zombie.

    after     how many such points are passed before
    sleeps    None for a death
    noticed   others know at once that it is gone; otherwise they wait for its lease to run out
    """

    point: str
    after: int
    sleeps: timedelta | None
    noticed: bool


@dataclass(slots=True)
class Counted:
    """An effect that counts how often it struck."""

    name: str
    effect: Effect
    struck: Counter[str]

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        self.struck[self.name] += 1
        return self.effect.strike(request, answer)


class PointedBroker:
    """A real broker with a point before each call and after it."""

    def __init__(self, broker: Broker, reached: Callable[[str], None]) -> None:
        self._broker = broker
        self._reached = reached

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._broker, name)
        if name not in CALLS:
            return found

        def call(*args: Any) -> Any:
            self._reached(f"before {name}")
            try:
                return found(*args)
            finally:
                self._reached(f"after {name}")

        return call


class Process:
    """A run of the window: takes the lease, takes over what is there, and watches until all has ended."""

    def __init__(self, day: WireDay, number: int) -> None:
        self.name = f"process {number}"
        self._day = day
        self._journal = cast(Journal, PointedJournal(day.journal, self._reached))
        with self._journal.write() as journal:
            self.lease: Lease = acquire(
                journal, "wire", self.name, day.now(), TTL, is_dead=day.thought_dead.__contains__
            )
        self._renew_at = day.now() + TTL / 2
        self._closed = False
        self._broker = PointedBroker(day.connected(), self._reached)
        desk = day.desk(
            journal=self._journal,
            venue_of=lambda _: Venue(cast(Broker, self._broker), ALWAYS, POLICY),
            admit=lambda _: Approved("risk"),
            tell=lambda row, event: None,
            clock=day.now,
            lease=self.lease,
        )
        with self._journal.write() as journal:
            for row in day.rows:
                append_intent(journal, row, (), now=day.now())
        self._watch = Watch(desk, [row.intent.intent_id for row in day.rows])
        self._begun = False

    def turn(self) -> datetime | None:
        """Look after everything once. The next moment at which to come back, UTC; None when all ended."""
        now = self._day.now()
        if not self._begun:
            self._watch.begin()
            self._begun = True
        if now >= self._renew_at:
            self._renew_at = now + TTL / 2
            with self._journal.write() as journal:
                renew(journal, self.lease, now, TTL)
        if not self._closed and now >= START + CLOSING:
            self._watch.cancel(CancelFor.WITHDRAWN, "the window is over")
            self._closed = True
        return self._watch.turn()

    def _reached(self, point: str) -> None:
        self._day.reached(self, point)


@dataclass(slots=True)
class WireDay:
    """One seed at one venue.

    struck    requests that went wrong, by kind
    points    deaths and sleeps, by where
    refused   zombies that were turned away
    strange   processes that nobody had overtaken, and that were refused
    """

    venue: CoinVenue
    journal: Journal
    face: HttpFace
    world: CoinWorld
    rows: list[Placement]
    stops: list[Stop]
    draws: random.Random
    desk: type[OrderDesk] = OrderDesk
    struck: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    strange: list[str] = field(default_factory=list)
    thought_dead: set[str] = field(default_factory=set)
    quiet: bool = False
    _process: Process | None = None
    _started: int = 0
    _wakes_by: datetime | None = None
    _brokers: list[Broker] = field(default_factory=list)

    def now(self) -> datetime:
        """By the clock of all."""
        return self.world.clock.now

    def play(self) -> None:
        """Until all has ended, or nobody waits any longer."""
        try:
            self._run(START + GIVEN_UP)
        finally:
            for broker in self._brokers:
                broker.__exit__(None, None, None)

    def connected(self) -> Broker:
        """The adapter as a process opens it, for the venue's face."""
        options = {**self.venue.options, "requests_per_minute": "1000000"}  # our limiter counts in real time
        key, secret = self.venue.signs(self.world)
        broker = self.venue.broker(self.face.base_url, self.now, key, secret, options=options)
        self._brokers.append(broker)
        return broker

    def _run(self, until: datetime) -> None:
        while self.now() < until and not self.quiet:
            strike(self, calm=self.now() >= START + CALM_FROM)
            due = self._turn()
            if due is None and self.now() >= START + CLOSING and self._process is not None:
                self.quiet = True
                return
            later = self.now() + timedelta(seconds=1)
            self.world.venue.advance(
                min(until, later if due is None else max(due, self.now() + timedelta(milliseconds=1)))
            )

    def _turn(self) -> datetime | None:
        """When to come back; soon where the process is gone."""
        process = self._process
        try:
            if process is None:
                self._started += 1
                process = Process(self, self._started)
                self._process = self._process or process
            return process.turn()
        except ProcessDied:
            self._gone(process)
        except StoreError as error:
            self._turned_away(process, error)
        return self.now() + timedelta(seconds=self.draws.uniform(0.1, 12))

    def _gone(self, process: Process | None) -> None:
        if self._process is process:
            self._process = None

    def _turned_away(self, process: Process | None, error: StoreError) -> None:
        """A zombie's writes are refused, and so is who asks for a lease that is held; nobody else's may be."""
        self._gone(process)
        if process is None:
            return
        with self.journal.read() as journal:
            holds = any(row["token"] == process.lease.token for row in read_rows(journal, select(leases)))
        if holds:
            self.strange.append(f"{process.name}: {error}")
        else:
            self.refused += 1

    def reached(self, process: Process, point: str) -> None:
        """A process comes to a point at which it may die or fall asleep. Does not come back where it dies."""
        stop = self._stop_at(point)
        if stop is None:
            return
        if stop.noticed:
            self.thought_dead.add(process.name)
        self._gone(process)
        if stop.sleeps is None or point == "before commit":  # asleep inside, it would hold up every other writer
            self.points[f"died {point}"] += 1
            raise ProcessDied(point)
        self.points[f"slept {point}"] += 1
        self._sleep(stop.sleeps if point != "before submit" else min(stop.sleeps, ON_THE_WAY))

    def _stop_at(self, point: str) -> Stop | None:
        for number, stop in enumerate(self.stops):
            if stop.point == point:
                if stop.after == 0:
                    return self.stops.pop(number)
                self.stops[number] = replace(stop, after=stop.after - 1)
        return None

    def _sleep(self, length: timedelta) -> None:
        """Others go on meanwhile; then it does, as if nothing had been."""
        outer, wakes = self._wakes_by, self.now() + length
        self._wakes_by = wakes if outer is None else min(outer, wakes)
        self._run(self._wakes_by)
        self._wakes_by = outer


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


def stops(draws: random.Random) -> list[Stop]:
    """Up to four, most of them where orders leave."""
    found = []
    for _ in range(draws.choice((0, 1, 1, 2, 2, 3, 4))):
        point = draws.choice(_SENDS if draws.random() < 0.5 else POINTS)
        sleeps = timedelta(seconds=draws.choice((1, 5, 20, 40))) if draws.random() < 0.4 else None
        found.append(Stop(point, draws.choice((0, 0, 1, 2, 3, 5, 8)), sleeps, draws.random() < 0.6))
    return found


def unlimited(face: HttpFace) -> None:
    """A simulated minute takes a moment: limits that count in real time would refuse what is right."""
    for name in ("reads", "writes", "address", "weight", "counts"):
        limit = getattr(face, name, None)
        if isinstance(limit, RequestLimit):
            limit.per_minute = 1_000_000


def strike(day: WireDay, *, calm: bool) -> None:
    """What goes wrong with the next requests, if anything."""
    day.face.faults.clear()
    if calm:
        return
    draws = day.draws
    for method, effects in (("POST", WRITES), ("DELETE", WRITES), ("GET", READS)):
        if draws.random() < 0.5:
            name = draws.choice(tuple(effects))
            effect = Counted(name, effects[name], day.struck)
            day.face.faults.add(effect, "*", method, skip=draws.choice((0, 0, 1)))


def play(venue: CoinVenue, seed: int, journal: Journal, desk: type[OrderDesk] = OrderDesk) -> tuple[WireDay, list[str]]:
    """One seed, played and judged."""
    draws = random.Random(f"{venue.name}:{seed}")
    world = CoinWorld("60000", "59400", "58800", depth="0.1", fees=venue.name)
    rows = decisions(AccountId(f"{venue.name}-main"), draws)
    with venue.face(world.venue) as face:
        unlimited(face)
        day = WireDay(venue, journal, face, world, rows, stops(draws), draws, desk)
        day.play()
        return day, list(findings(day))


def findings(day: WireDay) -> Iterator[str]:
    """Everything that must not be: doubled, lost or unexplained."""
    yield from (f"unexplained: nobody had overtaken it: {words}" for words in day.strange)
    for start in day.rows:
        with day.journal.read() as connection:
            row = read_placement(connection, start.intent.intent_id)
            booked = read_fills(connection, [row])[start.intent.intent_id]
        there = orders_of(day, row)
        filled = sum((one.filled_quantity for one in there), Decimal(0))
        if len(there) > 1:
            yield f"doubled: {len(there)} orders under one id"
        if filled > row.intent.order.quantity:
            yield f"doubled: {filled} of {row.intent.order.quantity} traded"
        if there and not row.accepted:
            yield f"lost: the journal does not know that the venue has it ({row.state}, {row.reason})"
        if not row.ended or any(one.state.is_live for one in there):
            yield f"lost: {row.state}, and at the venue {[str(one.state) for one in there]}"
        if row.filled != filled or row.booked != filled:
            yield f"lost: {row.filled} known and {row.booked} booked of {filled} units"
        if len({one.execution_id for one in booked}) != len(booked) or sum(one.quantity for one in booked) != filled:
            yield f"doubled: {len(booked)} executions booked for {filled} units"


def orders_of(day: WireDay, row: Placement) -> list[Any]:
    """What the venue took under an intent's id, each use of it."""
    key = row.intent.order.client_order_id
    return [one for one in day.world.account.desk.orders if shown_id(one.order.client_order_id) == key]
