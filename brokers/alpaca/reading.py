"""The three parts of an account, each read whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from brokers.alpaca.pages import read_orders
from brokers.alpaca.parse.account import account, position
from brokers.alpaca.parse.orders import order_report
from brokers.alpaca.parse.symbols import Multiply
from brokers.http.answers import Request
from brokers.http.door import Ask
from brokers.http.fields import rows
from brokers.http.reading import Reader, Reading
from brokers.http.unmapped import mapped


def reader(ask: Ask, clock: Callable[[], datetime], multipliers: Multiply) -> Reader:
    """Reads account, positions and open orders.

    multipliers    asks the venue for the multipliers of adjusted contracts among the rows
    """

    def balances(reading: Reading) -> Reading:
        answer = ask(Request("account", "GET", "/v2/account"), account)
        return replace(reading, balances=(answer.balance,)).with_part("account", 1)

    def positions(reading: Reading) -> Reading:
        found = ask(Request("positions", "GET", "/v2/positions"), lambda body: rows(body, "positions"))
        known = multipliers(found)
        held, unmapped, faults = mapped(found, lambda row: position(row, known))
        return replace(reading, positions=held).with_part("positions", 1, unmapped, faults)

    def orders(reading: Reading) -> Reading:
        listed = read_orders(ask, "open")
        known = multipliers(listed.rows)
        working, unmapped, faults = mapped(listed.rows, lambda row: order_report(row, known))
        return replace(reading, orders=working).with_part("orders", listed.pages, unmapped, faults)

    return Reader(clock, (("account", balances), ("positions", positions), ("orders", orders)))
