"""A snapshot: the account read again until two readings agree, with the proof of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, TypeVar

from brokers.alpaca.pages import read_orders
from brokers.alpaca.parse.account import account, position
from brokers.alpaca.parse.fields import Row, rows
from brokers.alpaca.parse.orders import order_report
from brokers.alpaca.parse.symbols import Multipliers, UnknownAssetClass, Unmapped, word_for_word
from brokers.http.answers import Request
from brokers.http.door import Ask
from tieout.errors import BrokerError, Malformed, Unauthorised
from tieout.orders import OrderReport
from tieout.snapshots import Balance, Completeness, Position, Proof

FEWEST_READINGS = 2  # one reading has nothing to agree with
MOST_READINGS = 4  # an account that changed four times in a row is trading: its close comes later
PARTS = ("account", "positions", "orders")

RecordT_co = TypeVar("RecordT_co", covariant=True)


class Parse(Protocol[RecordT_co]):
    def __call__(self, found: Row, multipliers: Multipliers, /) -> RecordT_co: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """The account as one pass over its three parts gave it.

    began_at   UTC, before the first part was asked
    faults     what could not be read, naming part, row and field: each makes the snapshot partial
    pages      parts whose last page was seen, with the number of pages
    """

    began_at: datetime
    positions: tuple[Position, ...] = ()
    balances: tuple[Balance, ...] = ()
    orders: tuple[OrderReport, ...] = ()
    unmapped: tuple[Row, ...] = ()
    faults: tuple[str, ...] = ()
    pages: dict[str, int] = field(default_factory=dict)

    @property
    def held(self) -> tuple[object, ...]:
        """What two readings must have in common: units, cash and orders. Prices may move between them."""
        return (
            sorted((p.instrument.symbol, p.quantity) for p in self.positions),
            sorted((b.currency, b.cash) for b in self.balances),
            sorted((o.broker_order_id, o.venue_status, str(o.quantity), o.filled_quantity) for o in self.orders),
            sorted((str(r.values.get("symbol")), str(r.values.get("qty"))) for r in self.unmapped),
        )


class Reader:
    """Reads the three parts of an account.

    multipliers    asks the venue for the multipliers of adjusted contracts among the rows
    """

    def __init__(
        self, ask: Ask, clock: Callable[[], datetime], multipliers: Callable[[list[Row]], Multipliers]
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._multipliers = multipliers

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
        for part, read in zip(PARTS, (self._account, self._positions, self._orders), strict=True):
            try:
                reading = read(reading)
            except Unauthorised:
                raise
            except BrokerError as error:
                reading = replace(reading, faults=(*reading.faults, f"{part}: {error.reason}"))
        return reading

    def _account(self, reading: Reading) -> Reading:
        answer = self._ask(Request("account", "GET", "/v2/account"), account)
        return replace(reading, balances=(answer.balance,), pages=reading.pages | {"account": 1})

    def _positions(self, reading: Reading) -> Reading:
        found = self._ask(Request("positions", "GET", "/v2/positions"), lambda body: rows(body, "positions"))
        positions, unmapped, faults = mapped(found, position, self._multipliers(found))
        return replace(
            reading,
            positions=positions,
            unmapped=(*reading.unmapped, *unmapped),
            faults=(*reading.faults, *faults),
            pages=reading.pages | {"positions": 1},
        )

    def _orders(self, reading: Reading) -> Reading:
        listed = read_orders(self._ask, "open")
        orders, unmapped, faults = mapped(listed.rows, order_report, self._multipliers(listed.rows))
        return replace(
            reading,
            orders=orders,
            unmapped=(*reading.unmapped, *unmapped),
            faults=(*reading.faults, *faults),
            pages=reading.pages | {"orders": listed.pages},
        )


def mapped(
    found: list[Row], parse: Parse[RecordT_co], multipliers: Multipliers
) -> tuple[tuple[RecordT_co, ...], tuple[Row, ...], tuple[str, ...]]:
    """Records, rows without an instrument, and faults. An unknown asset class is both of the latter."""
    records: list[RecordT_co] = []
    unmapped: list[Row] = []
    faults: list[str] = []
    for row in found:
        try:
            records.append(parse(row, multipliers))
        except Unmapped as error:
            unmapped.append(row)
            if isinstance(error, UnknownAssetClass):
                faults.append(str(error))
        except Malformed as error:
            faults.append(str(error))
    return tuple(records), tuple(unmapped), tuple(faults)


def proof_of(readings: list[Reading], fewest: int, broker_time: datetime | None, notes: tuple[str, ...]) -> Proof:
    """What the readings prove, judged by the last one."""
    last = readings[-1]
    agreed = len(readings) >= max(FEWEST_READINGS, fewest) and last.held == readings[-2].held and not last.faults
    if not agreed and not last.faults:
        notes += (f"the account changed between each of {len(readings)} readings",)
    return Proof(
        completeness=_completeness(last, agreed),
        reads=len(readings),
        agreed=agreed,
        pages=last.pages,
        end_markers=tuple(last.pages),
        broker_time=broker_time,
        notes=(*last.faults, *notes),
    )


def unmapped_text(reading: Reading) -> tuple[str, ...]:
    """The rows without an instrument, word for word."""
    return tuple(word_for_word(row) for row in reading.unmapped)


def _completeness(last: Reading, agreed: bool) -> Completeness:
    if not last.pages:
        return Completeness.FAILED
    return Completeness.COMPLETE if agreed else Completeness.PARTIAL
