"""What one seed is about: its intents, its venues with their weather, who crashes when, and what people do."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from simulator.faults import Traits, Verb
from tieout.ids import AccountId
from tieout.instruments import Instrument, equity
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.placement import CancelFor, Place, Placement, Policy

ALPHA, BETA = AccountId("alpha"), AccountId("beta")
ACCOUNTS = (ALPHA, BETA)
KO, PEP = equity("KO"), equity("PEP")
INSTRUMENTS = (KO, PEP)
PRICE = Decimal(60)
DAY = date(2026, 1, 14)
MIDDAY = datetime(2026, 1, 14, 17, 0, tzinfo=UTC)
CLOSE = datetime(2026, 1, 14, 21, 0, tzinfo=UTC)
HORIZON = timedelta(minutes=20)  # of virtual time: all must be quiet by then
_TICK = Decimal("0.01")
_AT_THE_WIRE = (Verb.SUBMIT, Verb.SUBMIT, Verb.CANCEL, Verb.ORDER, Verb.ORDERS, Verb.EXECUTIONS)
POINTS = (
    *("before write", "before commit", "after commit", "before read"),
    *("before cancel", "after cancel"),
    *(f"{when} {verb}" for verb in _AT_THE_WIRE for when in ("before", "after")),
)


@dataclass(frozen=True, slots=True)
class Stop:
    """Something happens to our process where it comes to a point: it dies, or it sleeps and wakes up a zombie.

    point     its kind, None for any
    after     how many such points are passed before
    sleeps    None for a crash
    noticed   others know at once that it is gone, rightly or wrongly; otherwise they wait for its lease to run out
    """

    point: str | None
    after: int
    sleeps: timedelta | None
    noticed: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """A person must agree: what they say, and when; nothing where they stay silent."""

    until: datetime
    says_yes: bool | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Story:
    """One seed, drawn.

    window_end    UTC, when `end_policy` is applied to whatever has not ended
    calm_from     UTC, after which nothing goes wrong any more, but for venues that stay dead
    skews         how far the clocks of our processes are off, one after the other
    busts_at      UTC, when an exchange takes a trade back
    """

    seed: int
    start: datetime
    intents: tuple[Placement, ...]
    denied: frozenset[int]
    asks: dict[int, Ask]
    traits: dict[AccountId, Traits]
    policies: dict[AccountId, Policy]
    rates: dict[AccountId, dict[Verb, float]]
    outages: dict[AccountId, tuple[tuple[datetime, datetime], ...]]
    dead: frozenset[AccountId]
    depth: Decimal | None
    prices: dict[Instrument, tuple[tuple[datetime, Decimal], ...]]
    window_end: datetime
    end_policy: CancelFor
    final_at: datetime
    calm_from: datetime
    stops: tuple[Stop, ...]
    skews: tuple[timedelta, ...]
    busts_at: tuple[datetime, ...] = field(default=())


def draw_story(seed: int) -> Story:
    """The story of a seed, always the same."""
    draws = random.Random(seed)
    start = CLOSE - timedelta(seconds=draws.randint(40, 150)) if draws.random() < 0.12 else MIDDAY
    traits = {account: _traits(draws) for account in ACCOUNTS}
    intents = tuple(_intent(draws, seed, number, start) for number in range(draws.choice((1, 1, 2, 2, 3))))
    window_end = start + timedelta(seconds=draws.randint(15, 75))
    calm_from = start + timedelta(seconds=draws.randint(60, 200))
    numbers = range(len(intents))
    return Story(
        seed=seed,
        start=start,
        intents=intents,
        denied=frozenset(number for number in numbers if draws.random() < 0.03),
        asks={number: _ask(draws, start) for number in numbers if draws.random() < 0.15},
        traits=traits,
        policies={account: _policy(draws, traits[account]) for account in ACCOUNTS},
        rates={account: _rates(draws) for account in ACCOUNTS},
        outages={account: _outages(draws, start, calm_from) for account in ACCOUNTS},
        dead=frozenset({ALPHA}) if draws.random() < 0.03 else frozenset(),
        depth=draws.choice((None, None, Decimal(3), Decimal(7))),
        prices={instrument: _prices(draws, start) for instrument in INSTRUMENTS},
        window_end=window_end,
        end_policy=draws.choice(tuple(CancelFor)),
        final_at=max(window_end, calm_from) + timedelta(seconds=60),
        calm_from=calm_from,
        stops=_stops(draws),
        skews=tuple(timedelta(seconds=draws.choice((0, 0, -20, -3, 3, 20))) for _ in range(8)),
        busts_at=(start + timedelta(seconds=draws.randint(5, 60)),) if draws.random() < 0.1 else (),
    )


def _traits(draws: random.Random) -> Traits:
    return Traits(
        enforces_ids=draws.random() < 0.6,
        looks_up_by_id=draws.random() < 0.7,
        streams=draws.random() < 0.6,
        visibility=timedelta(seconds=draws.choice((0, 0, 0, 1, 3, 8))),
        trades_late=timedelta(seconds=draws.choice((0, 0, 0, 1, 4, 8))),
    )


def _policy(draws: random.Random, traits: Traits) -> Policy:
    return Policy(
        visibility=traits.settled_after,
        look_every=timedelta(seconds=draws.choice((2, 4, 8))),
        most_unsent=draws.choice((2, 3, 4)),
        resend_absent=draws.choice((0, 1)) if traits.enforces_ids else 0,
        places=tuple(Place) if traits.looks_up_by_id else (Place.LIST, Place.EXECUTIONS),
    )


def _rates(draws: random.Random) -> dict[Verb, float]:
    worst = draws.choice((0.0, 0.15, 0.4))
    return {verb: worst * draws.random() for verb in Verb} | {Verb.SUBMIT: draws.choice((0.0, 0.5, 0.9))}


def _outages(draws: random.Random, start: datetime, until: datetime) -> tuple[tuple[datetime, datetime], ...]:
    if draws.random() < 0.8:
        return ()
    begin = start + timedelta(seconds=draws.randint(0, 40))
    return ((begin, min(begin + timedelta(seconds=draws.randint(2, 90)), until)),)


def _prices(draws: random.Random, start: datetime) -> tuple[tuple[datetime, Decimal], ...]:
    """A price that moves every few seconds, and stands still after five minutes."""
    at, price, found = start - timedelta(minutes=5), PRICE, []
    while at < start + timedelta(minutes=5):
        found.append((at, price))
        price += _TICK * draws.randint(-9, 9)
        at += timedelta(seconds=150 if at < start else draws.randint(3, 15))
    return tuple(found)


def _intent(draws: random.Random, seed: int, number: int, start: datetime) -> Placement:
    first, second = draws.choice(((ALPHA, BETA), (ALPHA, BETA), (BETA, ALPHA)))
    key = intent_id(first, "seed", seed, number)
    kind = draws.choice((OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET))
    order = Order(
        order_id_of(key),
        draws.choice(INSTRUMENTS),
        draws.choice(tuple(Side)),
        Decimal(draws.randint(1, 20)),
        kind,
        draws.choice((TimeInForce.DAY, TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)),
    )
    if kind is OrderType.LIMIT:
        order = replace(order, limit_price=PRICE + _TICK * draws.randint(-40, 40))
    routes = draws.choice(((second,), (second,), (), (second, first)))
    valid = start + timedelta(seconds=draws.randint(30, 240)) if draws.random() < 0.15 else None
    intent = Intent(key, first, order, DAY, start, routes=routes, valid_until=valid, window="simulated")
    return Placement(intent, OrderState.PLANNED)


def _ask(draws: random.Random, start: datetime) -> Ask:
    until = start + timedelta(seconds=draws.randint(5, 40))
    return Ask(until, draws.choice((True, True, False, None)), start + timedelta(seconds=draws.randint(1, 60)))


def _stops(draws: random.Random) -> tuple[Stop, ...]:
    """Up to five, most of them soon after the start, where the sends are."""
    found = []
    if draws.random() < 0.08:  # a long sleep just after an early commit: most of those say that an order is being sent
        found.append(Stop("after commit", draws.randint(2, 5), timedelta(seconds=draws.choice((60, 120))), True))
    for _ in range(draws.choice((0, 1, 1, 2, 2, 3, 4))):
        sleeps = timedelta(seconds=draws.choice((1, 5, 20, 60))) if draws.random() < 0.4 else None
        point = draws.choice(POINTS) if draws.random() < 0.7 else None
        after = draws.choice((0, 0, 1, 2, 4)) if point else draws.randint(0, draws.choice((12, 40, 120)))
        found.append(Stop(point, after, sleeps, draws.random() < 0.6))
    return tuple(found)
