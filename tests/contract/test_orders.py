"""Telling a venue what to do: sent once, refused in one of our words, looked up by our own id."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from brokers.base import Broker
from tests.contract.able import require, require_takes
from tests.contract.venues import Face
from tests.contract.world import BTC, KO_PUT, World, an_order
from tieout.errors import (
    BrokerError,
    DuplicateOrder,
    InsufficientFunds,
    NotFound,
    NotTradable,
    Rejected,
    Unsupported,
)
from tieout.ids import ClientOrderId, client_order_id
from tieout.instruments import AssetClass, crypto, equity
from tieout.orders import Order, OrderState, OrderType, Side


def order_fraction(broker: Broker) -> str:
    """Units with a fraction where the venue trades such."""
    return "1.5" if AssetClass.EQUITY in broker.capabilities.fractional else "2"


def test_a_market_order_fills_and_is_found_again(broker: Broker, world: World) -> None:
    fraction = order_fraction(broker)
    order = an_order(quantity=fraction)

    accepted = broker.submit(order)
    found = broker.fetch_order(order.client_order_id)

    assert found is not None
    assert found.broker_order_id == accepted.broker_order_id
    assert (found.state, found.filled_quantity) == (OrderState.FILLED, Decimal(fraction))
    assert found.average_fill_price == world.account.executions[0].price


@pytest.mark.parametrize(
    "order",
    [an_order(), an_order(instrument=KO_PUT, side=Side.BUY, quantity="1"), an_order(instrument=BTC, quantity="0.001")],
    ids=["equity", "option", "crypto"],
)
def test_what_leaves_is_what_was_decided(broker: Broker, world: World, order: Order) -> None:
    require_takes(broker, order)

    broker.submit(order)

    (arrived,) = world.account.orders()
    assert (arrived.client_order_id, arrived.instrument) == (order.client_order_id, order.instrument)
    assert (arrived.side, arrived.quantity, arrived.order_type) == (order.side, order.quantity, order.order_type)


def test_a_quantity_arrives_digit_for_digit(broker: Broker, world: World) -> None:
    require_takes(broker, an_order(quantity="0.3"))
    broker.submit(an_order(quantity="0.300000001", limit="1.1"))

    (arrived,) = world.account.orders()
    assert (arrived.quantity, arrived.limit_price) == (Decimal("0.300000001"), Decimal("1.1"))


def test_the_same_id_twice_is_a_duplicate_and_one_order(broker: Broker, world: World) -> None:
    require(broker, "enforces_unique_client_order_id")
    broker.submit(an_order())

    with pytest.raises(DuplicateOrder):
        broker.submit(an_order())

    assert len(world.account.orders()) == 1


@pytest.mark.parametrize(
    ("order", "leaf"),
    [
        pytest.param(an_order(quantity="1000000"), InsufficientFunds, id="too much"),
        pytest.param(an_order(instrument=BTC, side=Side.SELL, quantity="5"), InsufficientFunds, id="more than held"),
        pytest.param(an_order(instrument=equity("NOSUCH")), NotTradable, id="unknown asset"),
        pytest.param(an_order(instrument=crypto("NOCOIN")), NotTradable, id="unknown coin"),
    ],
)
def test_a_refusal_is_one_leaf_and_final(broker: Broker, world: World, order: Order, leaf: type[BrokerError]) -> None:
    require_takes(broker, order)

    with pytest.raises(leaf) as refused:
        broker.submit(order)

    assert type(refused.value) is leaf
    assert world.account.orders() == ()


def test_what_the_venue_cannot_do_is_refused_before_anything_is_sent(broker: Broker, face: Face, world: World) -> None:
    with pytest.raises(Unsupported, match="exactly one trail"):
        broker.submit(replace(an_order(), order_type=OrderType.TRAILING_STOP))

    assert face.log == ()


def test_a_cancel_ends_a_resting_order(broker: Broker, world: World) -> None:
    order = an_order(limit="1.5")
    broker.submit(order)

    assert broker.cancel(order.client_order_id).state is OrderState.CANCELLED
    assert world.account.live == ()


def test_a_cancel_of_a_filled_order_is_refused(broker: Broker) -> None:
    broker.submit(an_order())

    with pytest.raises(Rejected):
        broker.cancel(an_order().client_order_id)


def test_a_cancel_of_nothing_is_not_found(broker: Broker) -> None:
    with pytest.raises(NotFound):
        broker.cancel(ClientOrderId("0" * 32))


def test_a_replacement_is_a_new_order_under_its_own_id(broker: Broker, world: World) -> None:
    require(broker, "replaces")
    first = an_order(limit="1.5")
    broker.submit(first)
    second = replace(first, client_order_id=client_order_id("second"), quantity=Decimal(7), limit_price=Decimal("1.25"))

    replaced = broker.replace(first.client_order_id, second)

    old = broker.fetch_order(first.client_order_id)
    assert old is not None
    assert (old.state, old.replaced_by) == (OrderState.REPLACED, replaced.broker_order_id)
    assert (replaced.replaces, replaced.client_order_id) == (old.broker_order_id, second.client_order_id)
    assert (replaced.quantity, replaced.limit_price) == (Decimal(7), Decimal("1.25"))
    assert [working.order.client_order_id for working in world.account.live] == [second.client_order_id]


def test_a_replacement_of_nothing_is_not_found(broker: Broker) -> None:
    require(broker, "replaces")

    with pytest.raises(NotFound):
        broker.replace(ClientOrderId("0" * 32), an_order(limit="1.5"))


def test_orders_of_every_state_are_listed_by_the_time_they_were_sent(broker: Broker, world: World) -> None:
    require(broker, "dates_orders")
    start = world.clock.now
    broker.submit(an_order("filled"))
    world.clock.advance_to(start + timedelta(minutes=1))
    broker.submit(an_order("resting", limit="1.5"))

    every = broker.fetch_orders(start - timedelta(minutes=1), start + timedelta(hours=1))
    later = broker.fetch_orders(start, start + timedelta(hours=1))

    assert [o.state for o in every] == [OrderState.FILLED, OrderState.WORKING]
    assert [o.client_order_id for o in later] == [client_order_id("resting")]
