"""A day of contracts that pay in coin ties out to the last digit, at each venue that has them, through its adapter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from simulator.forced import liquidate
from sql.reconcile import ReconOutcome
from tests.contract.coins.benches import ROWS, Bench, Row
from tests.contract.coins.operations import an_order, snapshot_of
from tests.databases import Stores
from tests.recon_world import World, event
from tests.unit.simulator.protocols.coins.world import BTC, INVERSE, START, SWAP
from tieout.accounts import Account, Mode
from tieout.ids import AccountId
from tieout.orders import Side
from tieout.recon.types import BreakKind, Cause
from tieout.records import Activity, ActivityKind, Execution
from tieout.snapshots import Snapshot

SUNDAY, MONDAY = START.date() - timedelta(days=1), START.date()
PRICES = {BTC.symbol: "60000", INVERSE.symbol: "59000", SWAP.symbol: "59000"}
COIN_MARGINED = [one for one in ROWS if INVERSE in one.traded]
Records = tuple[Execution | Activity, ...]


def a_day(bench: Bench) -> tuple[Records, Snapshot]:
    """A long that is cut at a loss, in coin, and funding in the afternoon: what the venue tells, and what it shows."""
    broker = bench.broker()
    broker.submit(an_order(INVERSE, "in"))
    broker.submit(an_order(INVERSE, "more"))
    bench.world.tick()
    broker.submit(an_order(INVERSE, "cut", Side.SELL, limit=58_000))
    bench.world.venue.advance(START + timedelta(hours=10))
    since, until = START - timedelta(minutes=1), bench.now()
    trades, events = broker.fetch_executions(since, until), broker.fetch_activities(since, until)
    return (*trades.records, *events.records), snapshot_of(broker)


def opened(stores: Stores, bench: Bench) -> World:
    """What the wallets in scope held the evening before, signed off."""
    world = World(stores, account=Account(AccountId("coins"), bench.row.venue.name, Mode.PAPER, "USDT", "24/7"))
    coins = bench.row.coins or {"BTC", "USDT"}
    money, held = "100000" if "USDT" in coins else "0", {BTC: "1"} if "BTC" in coins else {}
    opening = [event("OPEN-cash", ActivityKind.OPENING, SUNDAY, amount=money, currency="USDT")]
    for one, units in held.items():
        kind, price = ActivityKind.OPENING, PRICES[one.symbol]
        opening.append(event("OPEN-BTC", kind, SUNDAY, instrument=one, quantity=units, price=price, currency="USDT"))
    world.book(*opening, source="import")
    world.close(SUNDAY, world.see(SUNDAY, held, money, prices=PRICES))
    return world


def closed(world: World, seen: Snapshot, records: Records) -> ReconOutcome:
    held = {one.instrument: str(one.quantity) for one in seen.positions}
    (cash,) = [one.cash for one in seen.balances if one.currency == "USDT"]
    return world.close(MONDAY, world.see(MONDAY, held, cash, *records, prices=PRICES))


@pytest.fixture(params=COIN_MARGINED, ids=lambda row: row.name)
def row(request: pytest.FixtureRequest) -> Row:
    found = request.param
    assert isinstance(found, Row)
    return found


def test_a_coin_margined_day_ties_out(file_stores: Stores, row: Row) -> None:
    with row.bench() as bench:
        records, seen = a_day(bench)
        world = opened(file_stores, bench)
        world.book(*records)
        outcome = closed(world, seen, records)
        funded = [one.amount for one in bench.account.activities if one.kind is ActivityKind.FUNDING]

    assert [(one.difference.kind, one.difference.subject, one.explanation) for one in outcome.findings] == []
    assert (outcome.state, outcome.coverage) == ("tied_out", Decimal(1))
    assert len(funded) == 1
    assert any(getattr(one, "kind", None) is ActivityKind.FUNDING for one in records)


def a_forced_day(bench: Bench) -> tuple[Records, Snapshot]:
    """A long that the venue closes for want of margin, and one of ours after it."""
    broker, (traded,) = bench.broker(), bench.contracts[:1]
    broker.submit(an_order(traded, "in"))
    bench.world.tick()
    liquidate(bench.account, bench.world.market)
    bench.world.clock.advance_to(bench.now() + timedelta(minutes=1))
    broker.submit(an_order(traded, "again", limit=61_000))
    bench.world.venue.advance(START + timedelta(hours=1))
    since, until = START - timedelta(minutes=1), bench.now()
    trades, events = broker.fetch_executions(since, until), broker.fetch_activities(since, until)
    return (*trades.records, *events.records), snapshot_of(broker)


@pytest.mark.parametrize("name", ["Binance USDⓈ-M", "Binance COIN-M", "Bybit", "OKX"])
def test_a_liquidation_is_no_trade_of_ours_and_the_day_ties_out(file_stores: Stores, name: str) -> None:
    row = next(one for one in ROWS if one.name == name)
    with row.bench() as bench:
        records, seen = a_forced_day(bench)
        world = opened(file_stores, bench)
        world.book(*records)
        outcome = closed(world, seen, records)
        (truth,) = [one for one in bench.account.activities if one.kind is ActivityKind.LIQUIDATION]
        ours = bench.account.executions

    assert len([one for one in records if isinstance(one, Execution)]) == len(ours) == 2
    (told,) = [one for one in records if isinstance(one, Activity) and one.kind is ActivityKind.LIQUIDATION]
    assert (told.instrument, told.quantity, told.price) == (truth.instrument, truth.quantity, truth.price)
    assert [(one.difference.kind, one.difference.subject, one.explanation) for one in outcome.findings] == []
    assert (outcome.state, outcome.coverage) == ("tied_out", Decimal(1))


ERRORS: dict[str, tuple[Callable[[Execution | Activity], bool], BreakKind, Cause]] = {
    "a trade was not booked": (
        lambda one: isinstance(one, Execution) and one.side is Side.SELL,
        BreakKind.UNKNOWN_EXECUTION,
        Cause.MANUAL_TRADE,
    ),
    "funding was not booked": (
        lambda one: getattr(one, "kind", None) is ActivityKind.FUNDING,
        BreakKind.UNBOOKED_ACTIVITY,
        Cause.FUNDING,
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_the_book_lacks_of_it_is_found_and_named(file_stores: Stores, name: str) -> None:
    is_left_out, kind, cause = ERRORS[name]
    row = next(one for one in COIN_MARGINED if one.name == "Binance COIN-M")
    with row.bench() as bench:
        records, seen = a_day(bench)
        world = opened(file_stores, bench)
        world.book(*(one for one in records if not is_left_out(one)))
        outcome = closed(world, seen, records)

    named = [(one.difference.kind, one.cause) for one in outcome.findings]
    assert (kind, cause) in named, named
