"""One pass over the account: balances, positions, open orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from brokers.alpaca.parse.fields import Row
from brokers.alpaca.reading import MOST_READINGS, Reading, mapped
from brokers.http.door import Ask
from brokers.paper.lists import Whole, read_list
from brokers.paper.parse import balance, order_report, position
from tieout.errors import BrokerError, Unauthorised
from tieout.orders import OrderReport
from tieout.snapshots import Balance, Position

OPEN = {"scope": "open"}
PARTS: tuple[tuple[str, str, dict[str, str], str], ...] = (  # name, path, query, what names a row
    ("account", "/v1/account", {}, "currency"),
    ("positions", "/v1/positions", {}, "symbol"),
    ("orders", "/v1/orders", OPEN, "order_id"),
)


class Reader:
    """Reads until two readings agree; what a part could not give is a fault of the reading, not an error."""

    def __init__(self, ask: Ask, clock: Callable[[], datetime]) -> None:
        self._ask = ask
        self._clock = clock

    def readings(self, fewest: int) -> Iterator[Reading]:
        """Readings until two in a row agree, one has a fault, or the bound is reached. Raises Unauthorised only."""
        previous: Reading | None = None
        for number in range(1, max(MOST_READINGS, fewest) + 1):
            reading = self._read()
            yield reading
            agreed = previous is not None and reading.held == previous.held
            if reading.faults or (agreed and number >= fewest):
                return
            previous = reading

    def _read(self) -> Reading:
        reading = Reading(self._clock())
        for part, path, query, key in PARTS:
            try:
                listed = read_list(self._ask, part, path, query, key)
                reading = _with(reading, part, listed)
            except Unauthorised:
                raise
            except BrokerError as error:
                reading = replace(reading, faults=(*reading.faults, f"{part}: {error.reason}"))
        return reading


def _with(reading: Reading, part: str, listed: Whole) -> Reading:
    pages = reading.pages | {part: listed.pages}
    if part == "account":
        balances, unmapped, faults = mapped(listed.rows, _balance, {})
        reading = replace(reading, balances=balances)
    elif part == "positions":
        positions, unmapped, faults = mapped(listed.rows, _position, {})
        reading = replace(reading, positions=positions)
    else:
        orders, unmapped, faults = mapped(listed.rows, _order, {})
        reading = replace(reading, orders=orders)
    return replace(
        reading,
        unmapped=(*reading.unmapped, *unmapped),
        faults=(*reading.faults, *faults),
        pages=pages,
    )


def _balance(row: Row, _: object) -> Balance:
    return balance(row)


def _position(row: Row, _: object) -> Position:
    return position(row)


def _order(row: Row, _: object) -> OrderReport:
    return order_report(row)
