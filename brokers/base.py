"""The one protocol every venue speaks to us through.

A broker is asked with `fetch_` and told with `submit`, `replace`, `cancel`. Reads may be repeated; the three verbs that
tell may not. Everything an adapter raises is a leaf of `tieout.errors.BrokerError`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from tieout.accounts import Identity
from tieout.ids import ClientOrderId
from tieout.instruments import AssetClass, Instrument
from tieout.options.instruction import Instructing, Instruction
from tieout.orders import Order, OrderReport, OrderType, TimeInForce
from tieout.records import Activity, Execution, Fetched
from tieout.snapshots import RawAnswer, Snapshot
from tieout.vwap import Minute


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a venue can do, as one row of data that rules read before the wire is touched.

    brackets              an entry sent with its take-profit and stop-loss, or with one of them
    bracket_classes       asset classes whose entries may bring exits; None for all that the venue trades
    brackets_whole_units  exits go along with whole units only
    oco                   a pair of exits of which one cancels the other
    multi_leg             option orders of several legs, all or none
    extended_hours        classes that trade before and after the session
    visibility_delay_s    seconds that an accepted order may be missing from every look-up and list
    signs_requests        a key signs each request; without it a person logs in to a program that we talk to
    replaces              a working order can be replaced by a new one under its own id
    dates_orders          an order's report says when it was submitted
    any_sessions          the venue's calendar answers for any dates; without it for the coming weeks at most
    asked_by_market       an order is found in its own market only: see `AskedByInstrument`
    """

    broker: str
    asset_classes: frozenset[AssetClass]
    order_types: frozenset[OrderType]
    times_in_force: frozenset[TimeInForce]
    fractional: frozenset[AssetClass] = frozenset()
    lookup_by_client_order_id: bool = False
    enforces_unique_client_order_id: bool = False
    executions_carry_client_order_id: bool = False
    reports_settled_cash: bool = False
    streams_orders: bool = False
    activities: bool = False
    brackets: bool = False
    bracket_classes: frozenset[AssetClass] | None = None
    brackets_whole_units: bool = False
    oco: bool = False
    multi_leg: bool = False
    extended_hours: frozenset[AssetClass] = frozenset()
    visibility_delay_s: Decimal = Decimal(0)
    signs_requests: bool = True
    replaces: bool = True
    dates_orders: bool = True
    any_sessions: bool = True
    asked_by_market: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """Best bid and ask, currency per unit, UTC.

    last                of the last trade
    day_low, day_high   of the present session; vwap: its volume-weighted price. None where the venue does not say
    """

    instrument: Instrument
    bid: Decimal | None
    ask: Decimal | None
    quoted_at: datetime
    last: Decimal | None = None
    day_low: Decimal | None = None
    day_high: Decimal | None = None
    vwap: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """One price of an order book, with the units that rest there."""

    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Book:
    """An order book's best prices, the best first on either side."""

    instrument: Instrument
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """The venue's own clock, UTC."""

    now: datetime
    is_open: bool
    next_open: datetime | None
    next_close: datetime | None


@dataclass(frozen=True, slots=True)
class VenueSession:
    """One trading day as the venue's calendar endpoint states it; times UTC."""

    business_date: date
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Contract:
    """What the venue says an instrument is.

    lot            least step of the quantity, units; tick: least step of a price; None where the venue does not say
    min_notional   least worth of an order, instrument currency
    """

    instrument: Instrument
    tradable: bool
    fractionable: bool = False
    shortable: bool = False
    lot: Decimal | None = None
    tick: Decimal | None = None
    min_notional: Decimal = Decimal(0)
    deliverables: tuple[str, ...] = field(default=())


class Broker(Protocol):
    """One account at one broker."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def answers(self) -> tuple[RawAnswer, ...]:
        """Every answer of this session as it came, secrets removed; also those that could not be parsed."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def fetch_identity(self) -> Identity: ...

    def fetch_snapshot(self, business_date: date) -> Snapshot:
        """The whole account with its proof. Never raises for a part that failed: the proof then says so.

        raises    Unauthorised only: a refused key is not a snapshot, it stops the account
        """
        ...

    def fetch_executions(self, since: datetime, until: datetime) -> Fetched[Execution]:
        """Trades in (since, until], UTC, every page, oldest first.

        raises    Unavailable or a leaf of it where any page failed: half a list is never returned as a whole one
        """
        ...

    def fetch_activities(self, since: datetime, until: datetime) -> Fetched[Activity]:
        """Non-trade events in (since, until], UTC, every page, oldest first; unknown kinds come as `other`."""
        ...

    def fetch_order(self, client_order_id: ClientOrderId) -> OrderReport | None:
        """None only when the venue said that there is no such order."""
        ...

    def fetch_orders(self, since: datetime, until: datetime) -> tuple[OrderReport, ...]:
        """Orders of every state submitted in (since, until]."""
        ...

    def submit(self, order: Order) -> OrderReport: ...

    def replace(self, client_order_id: ClientOrderId, order: Order) -> OrderReport: ...

    def cancel(self, client_order_id: ClientOrderId) -> OrderReport: ...

    def fetch_quote(self, instrument: Instrument) -> Quote: ...

    def fetch_contract(self, instrument: Instrument) -> Contract: ...

    def fetch_clock(self) -> Clock: ...

    def fetch_sessions(self, start: date, end: date) -> tuple[VenueSession, ...]: ...

    def order_updates(self, wait_s: float = 0) -> Iterator[OrderReport]:
        """Changes of orders since they were last asked for, then the iterator ends: ask again for what comes after.

        The first call opens the stream; what happened before it is found by look-up.
        wait_s    how long to wait for the first change where there is none yet
        raises    Unavailable where changes may have been missed: look every order up, then ask again
        """
        ...


@runtime_checkable
class TellsMinutes(Protocol):
    """What a venue that tells its prices minute by minute can be asked beside everything in `Broker`."""

    def fetch_minutes(self, instrument: Instrument, since: datetime, until: datetime) -> tuple[Minute, ...]:
        """Minutes that began in [since, until), UTC, oldest first; one in which nothing traded is left out.

        raises    Unsupported for classes without such prices; a leaf of BrokerError where any page failed
        """
        ...


@runtime_checkable
class TellsDepth(Protocol):
    """What a venue that shows its order book can be asked beside everything in `Broker`."""

    def fetch_book(self, instrument: Instrument, levels: int) -> Book:
        """The best `levels` prices on either side, the best first."""
        ...


@runtime_checkable
class AskedByInstrument(Protocol):
    """A venue that finds an order in its own market only: told which one before it is asked about the order."""

    def concerns(self, client_order_id: ClientOrderId, instrument: Instrument) -> None:
        """The order under this id is in this instrument."""
        ...


@runtime_checkable
class TakesInstructions(Protocol):
    """What a venue that takes the word of an option's holder by wire can be told beside everything in `Broker`."""

    @property
    def instructing(self) -> Instructing: ...

    def submit_instruction(self, instruction: Instruction) -> str:
        """Tell it, once; the venue's words.

        raises    leaves of Rejected; Unavailable where nothing was sent; Ambiguous where the answer was lost
        """
        ...

    def fetch_instruction(self, instruction: Instruction) -> str | None:
        """What the venue shows of it by now; None only where it shows that nothing of it has been done.

        raises    Unavailable or a leaf of it where the venue could not be read whole
        """
        ...
