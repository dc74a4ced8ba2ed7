"""Every kind of order through every adapter, over a real socket: what leaves, what happens, what is reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from brokers.base import Broker
from simulator.prices import Tick, TickReplay
from tests.contract.able import require, require_takes
from tests.contract.conftest import CREDENTIAL
from tests.contract.venues import Face, Venue
from tests.contract.world import KO, KO_CALL, KO_PUT, MONDAY, MONDAY_CLOSE, World, a_world, an_order
from tieout.errors import DuplicateOrder, InsufficientFunds, MarketClosed, Unsupported
from tieout.fills import units_of
from tieout.ids import client_order_id
from tieout.instruments import AssetClass
from tieout.orders import Order, OrderLeg, OrderReport, OrderState, OrderType, Side, TimeInForce

MINUTE = timedelta(minutes=1)
PROVEN = frozenset(
    {"brackets", "oco", "multi_leg", "streams_orders", "replaces", "signs_requests", "dates_orders", "any_sessions"}
)
"""Capabilities that tests of this folder prove, or skip for want of them."""


def bracket(**changes: object) -> Order:
    order = replace(an_order("bracket", quantity="10"), take_profit=Decimal(65), stop_loss=Decimal(55))
    return replace(order, **changes)  # type: ignore[arg-type]


def oco(quantity: str = "10") -> Order:
    order = an_order("oco", side=Side.SELL, quantity=quantity)
    return replace(order, take_profit=Decimal(65), stop_loss=Decimal(55), is_exit=True)


def trailing(**trail: Decimal) -> Order:
    order = an_order("trailing", side=Side.SELL, quantity="4")
    return replace(order, order_type=OrderType.TRAILING_STOP, **trail)


def spread(limit: str | None = None) -> Order:
    legs = (OrderLeg(KO_CALL, Side.BUY, 2, opens=True), OrderLeg(KO_PUT, Side.SELL, 1, opens=True))
    order = replace(an_order("spread", quantity="3", limit=limit), legs=legs)
    return replace(order, limit_price=Decimal(limit) if limit else None)


def found(broker: Broker, key: str) -> OrderReport:
    report = broker.fetch_order(client_order_id(key))
    assert report is not None
    return report


@pytest.fixture
def world() -> World:
    """KO at 60.25, then 66 after a minute, 54 after two."""
    moves = [(MONDAY - timedelta(days=90), "60.25"), (MONDAY + MINUTE, "66"), (MONDAY + 2 * MINUTE, "54")]
    return a_world(TickReplay(Tick(moment, Decimal(price)) for moment, price in moves))


@pytest.mark.parametrize(
    "order",
    [
        trailing(trail_amount=Decimal("1.25")),
        trailing(trail_percent=Decimal("0.025")),
        bracket(),
        bracket(order_type=OrderType.LIMIT, limit_price=Decimal("59.5"), time_in_force=TimeInForce.GTC),
        bracket(take_profit=None),
        spread(),
        spread("-1.05"),
        replace(an_order(limit="59"), extended_hours=True),
        an_order(until=TimeInForce.CLOSE),
    ],
    ids=["trail", "trail share", "bracket", "limit bracket", "stop only", "legs", "credit", "extended", "close"],
)
def test_every_field_arrives_as_it_was_decided(broker: Broker, venue: Venue, world: World, order: Order) -> None:
    require_takes(broker, order)

    broker.submit(order)

    (working,) = world.account.desk.orders
    # The nominal side and underlying of a combination are ours; its legs say what is traded
    if "position_effects" in venue.lacks:  # whether a leg opens or closes is the venue's to see
        order = replace(order, legs=tuple(replace(leg, opens=None) for leg in order.legs))
        assert replace(working.order, legs=tuple(replace(leg, opens=None) for leg in working.order.legs)) == order
        return
    assert working.order == order


def test_a_pair_of_exits_arrives_as_a_limit_order_and_a_stop(broker: Broker, world: World) -> None:
    require_takes(broker, oco())
    broker.submit(oco())

    (first,) = world.account.desk.orders
    (second,) = first.children
    assert (first.order.order_type, first.order.limit_price) == (OrderType.LIMIT, Decimal(65))
    assert (second.order.order_type, second.order.stop_price) == (OrderType.STOP, Decimal(55))
    assert first.order.client_order_id == oco().client_order_id


def test_a_trailing_stop_follows_and_sells(broker: Broker, world: World) -> None:
    broker.submit(trailing(trail_percent=Decimal("0.1")))

    world.venue.advance(MONDAY + MINUTE)
    followed = found(broker, "trailing")
    world.venue.advance(MONDAY + 2 * MINUTE)

    assert (followed.state, followed.stop_price) == (OrderState.WORKING, Decimal("59.391"))  # 65.99 less a tenth
    assert found(broker, "trailing").state is OrderState.FILLED


def test_exits_are_reported_inside_their_entry_and_held_until_it_fills(broker: Broker) -> None:
    require_takes(broker, bracket())
    accepted = broker.submit(bracket(order_type=OrderType.LIMIT, limit_price=Decimal(59)))

    report = found(broker, "bracket")

    assert [leg.broker_order_id for leg in report.legs] == [leg.broker_order_id for leg in accepted.legs]
    assert [(leg.venue_status, leg.side, leg.limit_price or leg.stop_price) for leg in report.legs] == [
        ("held", Side.SELL, Decimal(65)),
        ("held", Side.SELL, Decimal(55)),
    ]


def test_a_bracket_enters_takes_its_profit_and_drops_its_stop(broker: Broker, world: World) -> None:
    require_takes(broker, bracket())
    broker.submit(bracket())

    world.venue.advance(MONDAY + MINUTE)

    report = found(broker, "bracket")
    assert (report.state, report.filled_quantity) == (OrderState.FILLED, Decimal(10))
    assert [leg.state for leg in report.legs] == [OrderState.FILLED, OrderState.CANCELLED]
    fetched = broker.fetch_executions(MONDAY - MINUTE, world.clock.now)
    own = [e for e in fetched.records if e.client_order_id == report.client_order_id]
    assert [e.side for e in own] == [Side.BUY]  # the exit is no fill of the entry
    assert {e.client_order_id for e in fetched.records} == {report.client_order_id, report.legs[0].client_order_id}


@pytest.mark.parametrize(("minutes", "price"), [(1, "65.99"), (2, "65.99")])
def test_a_pair_of_exits_is_one_order_whichever_of_them_trades(
    broker: Broker, world: World, minutes: int, price: str
) -> None:
    require_takes(broker, oco())
    broker.submit(oco())
    assert found(broker, "oco").state is OrderState.WORKING

    world.venue.advance(MONDAY + minutes * MINUTE)

    report = found(broker, "oco")
    assert (report.state, report.filled_quantity, report.average_fill_price) == (
        OrderState.FILLED,
        Decimal(10),
        Decimal(price),
    )


def test_a_pair_of_exits_whose_stop_traded_has_traded(venue: Venue) -> None:
    falling = [(MONDAY - timedelta(days=90), "60.25"), (MONDAY + MINUTE, "54")]
    world = a_world(TickReplay(Tick(moment, Decimal(price)) for moment, price in falling))
    with venue.face(world.venue) as face, venue.broker(face.base_url, world.clock, CREDENTIAL) as broker:
        require_takes(broker, oco())
        broker.submit(oco())
        world.venue.advance(MONDAY + MINUTE)

        report = found(broker, "oco")
        listed = broker.fetch_orders(MONDAY - MINUTE, world.clock.now)
        fetched = broker.fetch_executions(MONDAY - MINUTE, world.clock.now)

    assert (report.state, report.filled_quantity) == (OrderState.FILLED, Decimal(10))
    assert [(one.state, one.filled_quantity) for one in listed] == [(OrderState.FILLED, Decimal(10))]
    assert {e.client_order_id for e in fetched.records} == {oco().client_order_id}
    assert units_of(oco(), fetched.records) == 10


def test_a_pair_of_exits_without_its_position_is_refused(broker: Broker) -> None:
    require_takes(broker, oco())
    with pytest.raises(InsufficientFunds):
        broker.submit(oco("11"))


def test_a_combination_is_one_order_with_its_legs_and_their_fills(broker: Broker, world: World) -> None:
    require_takes(broker, spread())
    broker.submit(spread())

    report = found(broker, "spread")
    fetched = broker.fetch_executions(MONDAY - MINUTE, world.clock.now)
    assert (report.state, report.instrument, report.filled_quantity) == (OrderState.FILLED, None, Decimal(3))
    assert [(leg.instrument, leg.side, leg.filled_quantity) for leg in report.legs] == [
        (KO_CALL, Side.BUY, Decimal(6)),
        (KO_PUT, Side.SELL, Decimal(3)),
    ]
    assert {e.broker_order_id for e in fetched.records} == {leg.broker_order_id for leg in report.legs}
    assert {e.client_order_id for e in fetched.records} == {spread().client_order_id}
    assert units_of(spread(), fetched.records) == 3


def test_open_orders_of_every_kind_are_in_the_snapshot(broker: Broker) -> None:
    resting = [bracket(order_type=OrderType.LIMIT, limit_price=Decimal(59)), oco("5"), spread("-50")]
    require_takes(broker, *resting)
    for order in [*resting, trailing(trail_amount=Decimal(2))]:
        broker.submit(order)

    snapshot = broker.fetch_snapshot(MONDAY.date())

    assert {o.client_order_id for o in snapshot.open_orders} == {
        *(order.client_order_id for order in resting),
        client_order_id("trailing"),
    }
    assert snapshot.proof.agreed


def test_exits_of_a_filled_entry_are_still_in_the_snapshot(broker: Broker) -> None:
    require_takes(broker, bracket())
    accepted = broker.submit(bracket())

    open_ids = {
        one.broker_order_id
        for order in broker.fetch_snapshot(MONDAY.date()).open_orders
        for one in (order, *order.legs)
    }

    assert {leg.broker_order_id for leg in accepted.legs} <= open_ids


def test_an_auction_order_after_the_cut_off_is_refused(broker: Broker, world: World) -> None:
    world.venue.advance(MONDAY_CLOSE - timedelta(minutes=14))

    with pytest.raises(MarketClosed):
        broker.submit(an_order(until=TimeInForce.CLOSE))


def test_an_order_for_the_close_fills_at_the_close(broker: Broker, world: World) -> None:
    broker.submit(an_order(until=TimeInForce.CLOSE))

    world.venue.advance(MONDAY_CLOSE)

    assert found(broker, "first").state is OrderState.FILLED


@pytest.mark.parametrize("order", [bracket(), oco(), spread("-50")], ids=["bracket", "oco", "legs"])
def test_the_same_id_twice_is_a_duplicate_for_every_kind(broker: Broker, world: World, order: Order) -> None:
    require(broker, "enforces_unique_client_order_id")
    broker.submit(order)

    with pytest.raises(DuplicateOrder):
        broker.submit(order)

    assert len(world.account.desk.orders) == 1


@pytest.mark.parametrize("order", [oco(), spread("-50")], ids=["oco", "legs"])
def test_a_cancel_ends_all_that_belongs_together(broker: Broker, world: World, order: Order) -> None:
    require_takes(broker, order)
    broker.submit(order)

    report = broker.cancel(order.client_order_id)

    assert report.state is OrderState.CANCELLED
    assert world.account.live == ()


def test_a_replaced_entry_keeps_its_exits(broker: Broker, world: World) -> None:
    require(broker, "replaces")
    broker.submit(bracket(order_type=OrderType.LIMIT, limit_price=Decimal(59)))

    new = broker.replace(client_order_id("bracket"), an_order("next", quantity="7", limit="58"))

    assert [leg.quantity for leg in new.legs] == [Decimal(7), Decimal(7)]
    assert len(world.account.live) == 3


@pytest.mark.parametrize(
    "order",
    [
        replace(trailing(), trail_amount=Decimal(1), trail_percent=Decimal("0.1")),
        replace(oco(), stop_loss=None),
        bracket(time_in_force=TimeInForce.IOC),
        bracket(extended_hours=True),
        bracket(order_type=OrderType.STOP, stop_price=Decimal(62)),
        replace(spread(), legs=spread().legs[:1]),
        replace(spread(), legs=(OrderLeg(KO, Side.BUY), spread().legs[0])),
        replace(an_order(instrument=KO_PUT, limit="1"), extended_hours=True),
    ],
)
def test_what_makes_no_order_never_leaves(broker: Broker, face: Face, order: Order) -> None:
    with pytest.raises(Unsupported):
        broker.submit(order)

    assert face.log == ()


def test_the_capability_row_says_what_was_proven_here(broker: Broker, venue: Venue) -> None:
    can = broker.capabilities

    assert can.order_types == frozenset(OrderType)
    assert {name for name in PROVEN if not getattr(can, name)} == venue.lacks & PROVEN
    assert can.extended_hours == {AssetClass.EQUITY}


def test_an_accepted_order_may_be_missing_from_look_ups_for_a_while(venue: Venue) -> None:
    world = a_world(visibility=timedelta(seconds=8))
    with venue.face(world.venue) as face, venue.broker(face.base_url, world.clock, CREDENTIAL) as broker:
        accepted = broker.submit(an_order())
        with venue.broker(face.base_url, world.clock, CREDENTIAL) as other:  # one that was not told when it was sent
            hidden = other.fetch_order(an_order().client_order_id)
            listed = other.fetch_orders(MONDAY - MINUTE, MONDAY + MINUTE)
            traded = other.fetch_executions(MONDAY - MINUTE, MONDAY + MINUTE)
        if broker.capabilities.enforces_unique_client_order_id:
            with pytest.raises(DuplicateOrder):
                broker.submit(an_order())
        world.venue.advance(MONDAY + timedelta(seconds=8))
        shown = broker.fetch_order(an_order().client_order_id)

    assert (hidden, listed, traded.records) == (None, (), ())
    assert shown is not None
    assert shown.broker_order_id == accepted.broker_order_id


@pytest.mark.parametrize("busted", [True, False], ids=["busted", "corrected"])
def test_a_trade_that_is_revised_keeps_its_id_and_says_so(broker: Broker, world: World, busted: bool) -> None:
    broker.submit(an_order())
    (before,) = broker.fetch_executions(MONDAY - MINUTE, MONDAY).records

    if busted:
        world.account.bust(before.execution_id)
    else:
        world.account.correct(before.execution_id, price=Decimal("60.1"))

    (after,) = broker.fetch_executions(MONDAY - MINUTE, MONDAY).records
    assert after.execution_id == before.execution_id
    assert (after.status, after.price) == (("cancelled", before.price) if busted else ("corrected", Decimal("60.1")))
