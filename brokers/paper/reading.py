"""The three parts of an account, each read whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from brokers.http.door import Ask
from brokers.http.reading import Reader, Reading
from brokers.http.unmapped import mapped
from brokers.paper.lists import read_list
from brokers.paper.parse import balance, order_report, position

OPEN = {"scope": "open"}


def reader(ask: Ask, clock: Callable[[], datetime]) -> Reader:
    """Reads balances, positions and open orders."""

    def balances(reading: Reading) -> Reading:
        listed = read_list(ask, "account", "/v1/account", {}, "currency")
        found, unmapped, faults = mapped(listed.rows, balance)
        return replace(reading, balances=found).with_part("account", listed.pages, unmapped, faults)

    def positions(reading: Reading) -> Reading:
        listed = read_list(ask, "positions", "/v1/positions", {}, "symbol")
        found, unmapped, faults = mapped(listed.rows, position)
        return replace(reading, positions=found).with_part("positions", listed.pages, unmapped, faults)

    def orders(reading: Reading) -> Reading:
        listed = read_list(ask, "orders", "/v1/orders", OPEN, "order_id")
        found, unmapped, faults = mapped(listed.rows, order_report)
        return replace(reading, orders=found).with_part("orders", listed.pages, unmapped, faults)

    return Reader(clock, (("account", balances), ("positions", positions), ("orders", orders)))
