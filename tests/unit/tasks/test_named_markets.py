"""A venue that finds an order in its own market only is told which one before it is asked."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.orders.wire import name_market
from tieout.errors import Unavailable
from tieout.ids import client_order_id
from tieout.instruments import crypto

BTC = crypto("BTC", "USDT")
ROW: Any = SimpleNamespace(
    intent=SimpleNamespace(order=SimpleNamespace(client_order_id=client_order_id("one"), instrument=BTC)),
    at=datetime(2026, 3, 2, tzinfo=UTC),
)


class Told:
    def __init__(self, *, by_market: bool, fails: bool = False) -> None:
        self.capabilities = SimpleNamespace(asked_by_market=by_market)
        self.fails = fails
        self.heard: list[object] = []

    def concerns(self, order: object, instrument: object) -> None:
        self.heard.append((order, instrument))
        if self.fails:
            raise Unavailable("binance", "no connection")


@pytest.mark.parametrize(("by_market", "heard"), [(True, [(client_order_id("one"), BTC)]), (False, [])])
def test_only_a_venue_that_needs_it_is_told(by_market: bool, heard: list[object]) -> None:
    broker: Any = Told(by_market=by_market)

    name_market(broker, ROW)

    assert broker.heard == heard


def test_a_failure_is_left_to_the_question_that_follows() -> None:
    broker: Any = Told(by_market=True, fails=True)

    name_market(broker, ROW)

    assert broker.heard
