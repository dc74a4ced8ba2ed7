"""Laws that hold whatever is traded: nothing appears from nowhere, and nothing is lost."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.account import SimulatedAccount
from simulator.costs import COIN_EXCHANGE, COIN_QUOTE, FREE, PER_SHARE, US_RETAIL
from simulator.events import Dividend, Split
from simulator.market import Listing
from simulator.orders import Role
from simulator.prices import SeededWalk
from simulator.terms import CashBasis
from simulator.venue import SimulatedVenue
from tests.simulation.world import BTC, CALL, ES, FRIDAY_CLOSE, KO, NYSE, PUT, WEDNESDAY, a_venue, an_account, an_order
from tieout.errors import Rejected
from tieout.instruments import AssetClass, Instrument, equity
from tieout.ledger.settlement import settlement_date
from tieout.orders import Order, OrderLeg, OrderReport, OrderType, Side, TimeInForce

PEP = equity("PEP")
HELD = ((PEP, "35.5", "101.25"), (KO, "-20", "60"), (PUT, "-2", "0.8"), (BTC, "0.3", "71000"))
TRADED = (KO, PEP, BTC, ES, PUT)
MARGINED = {AssetClass.FUTURE}
LAW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def grouped(draw: st.DrawFn, key: str) -> Order:
    """A trailing stop, an auction order, an entry with its exits, a pair of exits, or a combination."""
    side, units = draw(st.sampled_from(Side)), str(draw(st.integers(1, 30)))
    low, high = draw(st.integers(40, 61)), draw(st.integers(62, 80))
    day_or_gtc = draw(st.sampled_from([TimeInForce.DAY, TimeInForce.GTC]))
    plain = an_order(key, side=side, quantity=units, until=day_or_gtc)
    is_long = (side is Side.BUY) is not (exits := draw(st.booleans()))
    gain, loss = (Decimal(high), Decimal(low)) if is_long else (Decimal(low), Decimal(high))
    legs = (OrderLeg(CALL, side, draw(st.integers(1, 3))), OrderLeg(PUT, draw(st.sampled_from(Side))))
    kinds = [
        replace(plain, order_type=OrderType.TRAILING_STOP, trail_amount=Decimal(draw(st.integers(1, 9))) / 10),
        replace(plain, order_type=OrderType.TRAILING_STOP, trail_percent=Decimal(draw(st.integers(1, 30))) / 1000),
        replace(plain, time_in_force=draw(st.sampled_from([TimeInForce.OPEN, TimeInForce.CLOSE]))),
        replace(plain, take_profit=gain, stop_loss=loss, is_exit=exits),
        replace(plain, stop_loss=loss, is_exit=False) if not exits else replace(plain, take_profit=gain),
        replace(plain, quantity=Decimal(draw(st.integers(1, 3))), legs=legs),
    ]
    return draw(st.sampled_from(kinds))


@st.composite
def orders(draw: st.DrawFn) -> list[tuple[int, Order]]:
    """Orders of every type, each some minutes after the one before."""
    found = []
    for number in range(draw(st.integers(3, 12))):
        instrument = draw(st.sampled_from(TRADED))
        whole = instrument.asset_class in {AssetClass.OPTION, AssetClass.FUTURE}
        size = st.integers(1, 5).map(str) if whole else st.decimals("0.1", "40", places=3).map(str)
        if instrument == BTC:
            size = st.decimals("0.001", "0.5", places=3).map(str)
        price = st.decimals("1", "140", places=1).map(str)
        if draw(st.integers(0, 2)) == 0:
            found.append((draw(st.integers(1, 400)), draw(grouped(f"order {number}"))))
            continue
        order = an_order(
            f"order {number}",
            instrument=instrument,
            side=draw(st.sampled_from(Side)),
            quantity=draw(size),
            limit=draw(st.none() | st.none() | price),
            stop=draw(st.none() | st.none() | price),
            until=draw(st.sampled_from([TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK])),
        )
        found.append((draw(st.integers(1, 400)), order))
    return found


def traded(
    seed: int,
    story: list[tuple[int, Order]],
    costs: object,
    basis: CashBasis,
    depth: int | None,
    stop_every: timedelta = timedelta(days=9),
) -> tuple[SimulatedVenue, SimulatedAccount]:
    """What comes of a list of orders, played to Friday's close through a split and a dividend."""
    first = WEDNESDAY.date()
    limited = None if depth is None else Decimal(depth)
    pep = Listing(PEP, SeededWalk("PEP", seed, Decimal(120), NYSE, first), NYSE, depth=limited, fractionable=True)
    future = Listing(ES, SeededWalk("ES", seed, Decimal(7000), NYSE, first, tick=Decimal("0.25")), NYSE)
    venue = a_venue(ko=SeededWalk("KO", seed, Decimal(62), NYSE, first), depth=limited, extra=[pep, future])
    venue.announce(Split(PEP, NYSE.next(first), Decimal(3)))
    venue.announce(Dividend(PEP, NYSE.next(first), NYSE.next(first, 2), Decimal("0.37"), withheld=Decimal("0.15")))
    account = an_account(
        venue,
        cash="80000",
        held=HELD,
        costs=costs,
        basis=basis,
        leverage="8",
        shorting=True,  # type: ignore[arg-type]
    )
    for minutes, order in story:
        pass_time(venue, venue.clock.now + timedelta(minutes=minutes), stop_every)
        try:
            account.submit(order)
        except Rejected:
            continue
    pass_time(venue, max(FRIDAY_CLOSE, venue.clock.now), stop_every)
    return venue, account


def pass_time(venue: SimulatedVenue, to: datetime, stop_every: timedelta) -> None:
    while venue.clock.now + stop_every < to:
        venue.advance(venue.clock.now + stop_every)
    venue.advance(to)


stories = st.tuples(
    st.integers(0, 50),
    orders(),
    st.sampled_from([FREE, US_RETAIL, PER_SHARE, COIN_EXCHANGE, COIN_QUOTE]),
    st.sampled_from(CashBasis),
    st.sampled_from([None, 3]),
)


@given(stories)
@LAW
def test_cash_is_what_trades_fees_and_events_moved(
    story: tuple[int, list[tuple[int, Order]], object, CashBasis, int | None],
) -> None:
    _, account = traded(*story)

    paid = Decimal(0)
    for execution in account.executions:
        if execution.instrument.asset_class not in MARGINED:
            paid += execution.cash_change
        if execution.fee_currency == "USD":
            paid -= execution.fee
    events = sum((activity.amount for activity in account.activities), Decimal(0))
    variation = margin_profit(account, ES)
    assert abs(account.books.cash.traded("USD") - (80_000 + paid + events + variation)) < Decimal("1e-12")


def margin_profit(account: SimulatedAccount, instrument: Instrument) -> Decimal:
    """Profit paid by a margined instrument: all that was traded, less what the open position was entered at."""
    trades = [e for e in account.executions if e.instrument == instrument]
    held = account.holdings.get(instrument.symbol)
    return sum((e.cash_change for e in trades), Decimal(0)) + (held.cost_basis if held else Decimal(0))


@given(stories)
@LAW
def test_positions_are_what_trades_and_events_moved(
    story: tuple[int, list[tuple[int, Order]], object, CashBasis, int | None],
) -> None:
    _, account = traded(*story)

    units: dict[str, Decimal] = defaultdict(Decimal)
    units |= {instrument.symbol: Decimal(quantity) for instrument, quantity, _ in HELD}
    for execution in account.executions:
        units[execution.instrument.symbol] += execution.signed_quantity
        if execution.fee_currency == execution.instrument.underlying:
            units[execution.instrument.symbol] -= execution.fee
    for activity in account.activities:
        if activity.instrument:
            units[activity.instrument.symbol] += activity.quantity
    held = {p.instrument.symbol: p.quantity for p in account.positions()}
    assert held == {symbol: quantity for symbol, quantity in units.items() if quantity}


@given(stories)
@LAW
def test_equity_is_cash_and_what_positions_are_worth(
    story: tuple[int, list[tuple[int, Order]], object, CashBasis, int | None],
) -> None:
    _, account = traded(*story)

    balance = account.balances()[0]
    worth = Decimal(0)
    for position in account.positions():
        margined = position.instrument.asset_class in MARGINED
        worth += (position.unrealized_pnl if margined else position.market_value) or Decimal(0)
        assert position.market_value is not None
        assert position.cost_basis is not None
        assert position.unrealized_pnl == position.market_value - position.cost_basis
        assert (position.quantity < 0) is (position.side == "short")
    assert balance.equity is not None
    assert abs(balance.equity - balance.cash - worth) < Decimal("1e-12")


@given(stories)
@LAW
def test_no_order_fills_beyond_its_quantity_or_outside_its_limit(
    story: tuple[int, list[tuple[int, Order]], object, CashBasis, int | None],
) -> None:
    _, account = traded(*story)

    fills: dict[str, Decimal] = defaultdict(Decimal)
    every = {one.broker_order_id: one for order in account.orders() for one in (order, *order.legs)}
    for execution in account.executions:
        order = every[execution.broker_order_id or ""]  # type: ignore[index]
        fills[order.broker_order_id] += execution.quantity
        if order.limit_price is not None and order.side is Side.BUY:
            assert execution.price <= order.limit_price
        if order.limit_price is not None and order.side is Side.SELL:
            assert execution.price >= order.limit_price
    for report in every.values():
        assert report.quantity is not None
        filled = units_of_legs(report) if report.instrument is None else fills[report.broker_order_id]
        assert report.filled_quantity == filled <= report.quantity


def units_of_legs(report: OrderReport) -> Decimal:
    """Whole units of a combination; its legs have traded in step, all or none."""
    units = {leg.filled_quantity / (leg.quantity or 1) * (report.quantity or 1) for leg in report.legs}
    assert len(units) == 1
    return units.pop()


@given(stories)
@LAW
def test_of_a_pair_of_exits_no_more_is_filled_than_of_one(
    story: tuple[int, list[tuple[int, Order]], object, CashBasis, int | None],
) -> None:
    _, account = traded(*story)

    for working in account.desk.orders:
        pair = (working, *working.children) if working.role is Role.TAKE_PROFIT else working.children
        if working.role in (Role.ENTRY, Role.TAKE_PROFIT):
            entered = working.filled_quantity if working.role is Role.ENTRY else working.order.quantity
            assert sum(one.filled_quantity for one in pair) <= entered
            assert len({one.state.is_live for one in pair}) == 1, "one exit cannot rest without the other"


@given(stories)
@LAW
def test_settled_cash_is_what_is_due_by_its_date(
    story: tuple[int, list[tuple[int, Order]], object, CashBasis, int | None],
) -> None:
    venue, account = traded(*story)

    today = NYSE.last_closed(venue.clock.now)
    under_way = Decimal(0)
    for execution in account.executions:
        settles_on = settlement_date(execution.instrument, NYSE.business_date(execution.executed_at), NYSE)
        if settles_on > today and execution.instrument.asset_class not in MARGINED:
            under_way += execution.cash_change
            under_way -= execution.fee if execution.fee_currency == "USD" else Decimal(0)
    for activity in account.activities:
        if activity.settles_on and activity.settles_on > today:
            under_way += activity.amount
    cash = account.books.cash
    assert abs(cash.traded("USD") - cash.settled("USD") - under_way) < Decimal("1e-12")


@given(stories)
@settings(max_examples=10, deadline=None)
def test_the_same_story_gives_the_same_records(
    story: tuple[int, list[tuple[int, Order]], object, CashBasis, int | None],
) -> None:
    _, one = traded(*story)
    _, other = traded(*story)

    assert one.executions == other.executions
    assert one.activities == other.activities
    assert one.orders() == other.orders()
    assert (one.positions(), one.balances()) == (other.positions(), other.balances())


@given(stories, st.integers(7, 200))
@settings(max_examples=15, deadline=None)
def test_it_does_not_matter_how_often_time_is_stopped_on_its_way(
    story: tuple[int, list[tuple[int, Order]], object, CashBasis, int | None], minutes: int
) -> None:
    _, one = traded(*story)
    _, other = traded(*story, stop_every=timedelta(minutes=minutes))

    assert one.executions == other.executions
    assert one.activities == other.activities
    assert one.orders() == other.orders()
