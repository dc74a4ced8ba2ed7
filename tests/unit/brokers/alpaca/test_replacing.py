"""Replacing one of several orders that belong together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from brokers.base import Broker
from simulator.protocols.alpaca import AlpacaFace
from tests.contract.conftest import CREDENTIAL
from tests.contract.test_order_kinds import bracket, oco, spread
from tests.contract.venues import VENUES
from tests.contract.world import World, a_world
from tieout.errors import Unsupported
from tieout.ids import client_order_id
from tieout.orders import Order, OrderType

RESTING = bracket(order_type=OrderType.LIMIT, limit_price=Decimal(59))
NEXT = client_order_id("next")


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def broker(world: World) -> Iterator[Broker]:
    with AlpacaFace(world.venue) as face, VENUES[0].broker(face.base_url, world.clock, CREDENTIAL) as broker:
        yield broker


@pytest.mark.parametrize(
    ("first", "changes"),
    [
        (RESTING, {"take_profit": Decimal(70)}),
        (RESTING, {"stop_loss": Decimal(50)}),
        (oco(), {"stop_loss": Decimal(50)}),
        (spread("-50"), {"legs": (spread().legs[0], replace(spread().legs[1], side=spread().legs[0].side))}),
    ],
)
def test_exits_are_not_changed_through_their_order(
    broker: Broker, world: World, first: Order, changes: dict[str, object]
) -> None:
    broker.submit(first)
    other = replace(first, client_order_id=NEXT, **changes)  # type: ignore[arg-type]

    with pytest.raises(Unsupported):
        broker.replace(first.client_order_id, other)

    assert len(world.account.desk.orders) == 1


def test_the_take_profit_of_a_pair_is_replaced_with_it(broker: Broker, world: World) -> None:
    broker.submit(oco())

    new = broker.replace(oco().client_order_id, replace(oco(), client_order_id=NEXT, take_profit=Decimal(63)))

    assert (new.limit_price, [leg.stop_price for leg in new.legs]) == (Decimal(63), [Decimal(55)])
    assert len(world.account.live) == 2


def test_an_exit_is_replaced_by_its_own_id(broker: Broker, world: World) -> None:
    stop = broker.submit(bracket()).legs[1]
    nearer = replace(
        oco(), client_order_id=NEXT, take_profit=None, stop_loss=None, is_exit=False, order_type=OrderType.STOP
    )

    broker.replace(stop.client_order_id or NEXT, replace(nearer, stop_price=Decimal(58)))

    assert sorted(one.order.stop_price or 0 for one in world.account.live) == [0, 58]


def test_a_combination_gets_another_net_price(broker: Broker) -> None:
    broker.submit(spread("-50"))

    new = broker.replace(spread().client_order_id, replace(spread("-40"), client_order_id=NEXT))

    assert (new.limit_price, len(new.legs)) == (Decimal(-40), 2)
