"""Changes of orders as the venue tells them, and what happens to them on the way."""

from __future__ import annotations

from brokers.base import Broker
from tests.contract.able import require, require_takes
from tests.contract.test_order_kinds import oco, spread
from tests.contract.world import World, an_order
from tieout.ids import client_order_id
from tieout.orders import OrderReport, OrderState

PATIENCE_S = 5.0


def heard(broker: Broker, last: OrderState, key: str = "first") -> list[OrderReport]:
    """Updates of one order up to the one that says `last`."""
    reports: list[OrderReport] = []
    while not reports or reports[-1].state is not last:
        fresh = list(broker.order_updates(PATIENCE_S))
        assert fresh, f"nothing came after {[report.state for report in reports]}"
        reports += [one for one in fresh if one.client_order_id == client_order_id(key)]
    return reports


def states(reports: list[OrderReport]) -> list[OrderState]:
    return list(dict.fromkeys(report.state for report in reports))


def test_every_change_of_an_order_comes_once_and_in_order(broker: Broker) -> None:
    assert list(broker.order_updates()) == []

    broker.submit(an_order())
    reports = heard(broker, OrderState.FILLED)

    assert states(reports) == [OrderState.WORKING, OrderState.FILLED]
    assert reports[-1].filled_quantity == 3
    assert list(broker.order_updates()) == []


def test_a_cancel_and_a_replacement_are_told(broker: Broker) -> None:
    require(broker, "replaces")
    list(broker.order_updates())
    broker.submit(an_order(limit="1.5"))

    broker.replace(client_order_id("first"), an_order("second", limit="1.25"))
    replaced = heard(broker, OrderState.REPLACED)
    broker.cancel(client_order_id("second"))
    cancelled = heard(broker, OrderState.CANCELLED, "second")

    assert replaced[-1].replaced_by == cancelled[-1].broker_order_id


def test_a_pair_of_exits_is_told_as_the_one_order_it_is(broker: Broker, world: World) -> None:
    require_takes(broker, oco())
    list(broker.order_updates())
    broker.submit(oco())

    world.account.cancel(world.account.desk.orders[0].children[0].order.client_order_id)

    report = heard(broker, OrderState.CANCELLED, "oco")[-1]
    assert (report.filled_quantity, [leg.state for leg in report.legs]) == (0, [OrderState.CANCELLED])


def test_a_combination_is_told_with_its_legs(broker: Broker) -> None:
    require_takes(broker, spread())
    list(broker.order_updates())
    broker.submit(spread())

    report = heard(broker, OrderState.FILLED, "spread")[-1]

    assert (report.instrument, report.filled_quantity) == (None, 3)
    assert [leg.filled_quantity for leg in report.legs] == [6, 3]
