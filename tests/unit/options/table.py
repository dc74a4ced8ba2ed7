"""Short words for option cases: what is held, what is forecast, what the broker then shows, and what must be booked.

The month is March 2026: Friday the 20th is a monthly expiration, Monday the 23rd the morning after. Everything that
moved is written out by hand in the case, never computed by the code under test.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from tieout.ids import ActivityId, ExecutionId, InstrumentId
from tieout.instruments import Instrument, equity, option
from tieout.ledger.fold import fold
from tieout.ledger.positions import cash, realized_pnl
from tieout.ledger.types import Folded, JournalRecord, LotMethod
from tieout.money import ZERO
from tieout.options.closes import Spot, traded
from tieout.options.dividends import Dividend
from tieout.options.evidence import Basis, Event, Trait
from tieout.options.forecast import OpenOption, Outlook, PositionForecast, forecast
from tieout.options.legs import Outcome
from tieout.options.likelihood import Likelihood
from tieout.options.matcher import Morning, Night, match
from tieout.options.osi import is_osi
from tieout.orders import Side
from tieout.records import Activity, ActivityKind, Execution
from tieout.sessions import Sessions

NEW_YORK = ZoneInfo("America/New_York")
XNYS = Sessions("XNYS")
THURSDAY, FRIDAY, MONDAY = date(2026, 3, 19), date(2026, 3, 20), date(2026, 3, 23)
OPENED = datetime(2026, 3, 2, 15, tzinfo=UTC)
START = Decimal(100_000)  # cash before the first trade

KINDS = {
    "OPASN": ActivityKind.ASSIGNMENT,
    "OPEXC": ActivityKind.EXERCISE,
    "OPEXP": ActivityKind.EXPIRATION,
    "OPTRD": ActivityKind.OPTION_TRADE,
    "OPCSH": ActivityKind.OPTION_TRADE,
}


def ny(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment by New York's clock."""
    return datetime.combine(day, time(hour, minute), NEW_YORK).astimezone(UTC)


FRIDAY_AFTERNOON = ny(FRIDAY, 14)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the broker: kind, symbol, signed units, signed money."""

    kind: str
    symbol: str
    units: str = "0"
    money: str = "0"
    group: str | None = "g"
    day: date = FRIDAY
    number: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One option position from forecast to book.

    contracts     signed; premium: price per unit at which it was opened
    at, spot      when the forecast is made and at what price of the underlying; `official` once that is the close
    cash          what the forecast says exercise or assignment would pay or cost
    rows          what the broker did; hidden: kinds of them that it does not report, or `all`
    unlisted      symbols of which its list does not show what it did
    ended         contracts of the event, where they are not all
    index         prices of other underlyings
    held          what else the book holds: symbol, units, price
    trades        what the broker reports as traded and the book does not have: symbol, units, price
    shown         the morning as an adapter read it, instead of the one that is made here
    lots          what is open after booking: symbol -> quantity and cost
    """

    name: str
    option: str
    contracts: int
    premium: str
    spot: str | tuple[str, str] | None
    likelihood: Likelihood
    cash: str
    rows: tuple[Row, ...]
    outcome: Outcome | None
    basis: Basis | None
    lots: dict[str, tuple[str, str]] = field(default_factory=dict)
    profit: str = "0"
    traits: frozenset[Trait] = frozenset()
    ended: int | None = None
    hidden: str = ""
    at: datetime = FRIDAY_AFTERNOON
    official: bool = False
    held: tuple[tuple[str, str, str], ...] = ()
    trades: tuple[tuple[str, str, str], ...] = ()
    delivers: tuple[str, ...] = ()
    multiplier: str | None = None
    underlying: str | None = None
    mark: str | None = None
    dividends: tuple[Dividend, ...] = ()
    instructed: bool | None = None
    refused: bool = False
    broker: str = "alpaca"
    morning: date = MONDAY
    patience: int = 0
    index: dict[str, str] = field(default_factory=dict)
    unlisted: tuple[str, ...] = ()
    shown: Morning | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def contract(self) -> Instrument:
        """The option as the venue describes it."""
        multiplier = None if self.multiplier is None else Decimal(self.multiplier)
        return option(self.option, multiplier=multiplier, underlying=self.underlying)

    def instrument(self, symbol: str) -> Instrument:
        """Anything that the case names."""
        if is_osi(symbol):
            return self.contract if symbol == self.option else option(symbol)
        return equity(symbol)

    def foretold(self) -> PositionForecast:
        """The forecast."""
        return forecast(
            OpenOption(
                self.contract,
                Decimal(self.contracts),
                self.delivers,
                None if self.mark is None else Decimal(self.mark),
                self.instructed,
            ),
            Outlook(self.broker, XNYS, self.at, self._spots(), self.dividends),
        )

    def night(self) -> Night:
        """What the matcher makes of the morning."""
        return match(self._morning())

    def event(self) -> Event:
        """What it says of the case's own contract."""
        mine = [one for one in self.night().events if one.contract.symbol == self.contract.symbol]
        found = [one for one in mine if one.outcome is self.outcome]
        assert len(found) == 1, mine
        return found[0]

    def booked(self) -> Folded:
        """The book after everything that is confirmed was booked."""
        records: list[Execution | Activity] = [*self._opening(), *self.traded()]
        for one in self.night().events:
            if one.confirmed:
                records += one.books
        ids: dict[str, InstrumentId] = {}
        return fold([_numbered(seq, one, ids) for seq, one in enumerate(records, 1)], (), LotMethod.FIFO)

    def _spots(self) -> dict[str, Spot]:
        found = {symbol: traded(Decimal(price)) for symbol, price in self.index.items()}
        name = self.underlying or self.option[:6].strip().rstrip("0123456789")
        name = {"SPXW": "SPX", "NDXP": "NDX", "RUTW": "RUT", "VIXW": "VIX"}.get(name, name)
        if isinstance(self.spot, tuple):
            found[name] = Spot(Decimal(self.spot[0]), Decimal(self.spot[1]), official=True, source="two closes")
        elif self.spot is not None:
            found[name] = Spot(Decimal(self.spot), Decimal(self.spot), official=self.official, source="test")
        return found

    def positions(self) -> list[tuple[str, str, str]]:
        """Symbol, signed units and price of what the book holds."""
        return [(self.option, str(self.contracts), self.premium), *self.held]

    def _opening(self) -> list[Execution | Activity]:
        return [
            self._execution(symbol, units, price, f"o{number}", OPENED)
            for number, (symbol, units, price) in enumerate(self.positions())
        ]

    def traded(self) -> list[Execution]:
        """What the broker reports and the book does not have."""
        return [
            self._execution(symbol, units, price, f"t{number}", ny(FRIDAY, 15, 30))
            for number, (symbol, units, price) in enumerate(self.trades)
        ]

    def _execution(self, symbol: str, units: str, price: str, name: str, at: datetime) -> Execution:
        signed = Decimal(units)
        side = Side.BUY if signed > 0 else Side.SELL
        return Execution(ExecutionId(name), self.instrument(symbol), side, abs(signed), Decimal(price), at)

    def _activities(self) -> list[Activity]:
        shown = [row for row in self.rows if self.hidden != "all" and row.kind not in self.hidden.split()]
        return [
            Activity(
                ActivityId(row.number or f"a{number}"),
                KINDS[row.kind],
                ny(row.day, 0),
                self.instrument(row.symbol),
                Decimal(row.units),
                amount=Decimal(row.money),
                group_id=row.group,
                venue_kind=row.kind,
            )
            for number, row in enumerate(shown)
        ]

    def _morning(self) -> Morning:
        if self.shown is not None:
            return self.shown
        return self.morning_by_hand()

    def morning_by_hand(self) -> Morning:
        """What a venue shows of it."""
        book: dict[str, tuple[Instrument, Decimal]] = {}
        listed: dict[str, Decimal] = {}
        money = START
        for symbol, units, price in self.positions():
            instrument = self.instrument(symbol)
            book[instrument.symbol] = (instrument, Decimal(units))
            listed[instrument.symbol] = Decimal(units)
            money -= instrument.value(Decimal(units), Decimal(price))
        theirs = money
        for trade in self.traded():
            listed[trade.instrument.symbol] = listed.get(trade.instrument.symbol, ZERO) + trade.signed_quantity
            theirs += trade.cash_change
        for row in {(row.number or str(number)): row for number, row in enumerate(self.rows)}.values():
            symbol = self.instrument(row.symbol).symbol
            if symbol not in self.unlisted:
                listed[symbol] = listed.get(symbol, ZERO) + Decimal(row.units)
            theirs += Decimal(row.money)
        return Morning(
            self.morning,
            XNYS,
            "USD",
            book,
            {symbol: units for symbol, units in listed.items() if units},
            money,
            theirs,
            self.traded(),
            self._activities(),
            {self.contract.symbol: self.foretold().likelihood},
            {self.contract.symbol: self.delivers},
            self.patience,
        )


def _numbered(seq: int, one: Execution | Activity, ids: dict[str, InstrumentId]) -> JournalRecord:
    instrument = one.instrument
    key = None if instrument is None else ids.setdefault(instrument.symbol, InstrumentId(len(ids) + 1))
    at = one.executed_at if isinstance(one, Execution) else one.occurred_at
    return JournalRecord(seq, one, key, at.date(), at.date())


def open_lots(case: Case) -> dict[str, tuple[Decimal, Decimal]]:
    """Quantity and cost by symbol after booking, what is flat left out."""
    names, found = _names(case), dict[str, tuple[Decimal, Decimal]]()
    for one in case.booked().open_lots:
        units, cost = found.get(names[one.instrument_id], (ZERO, ZERO))
        found[names[one.instrument_id]] = units + one.quantity, cost + one.cost_basis
    return {symbol: value for symbol, value in found.items() if value[0]}


def _names(case: Case) -> dict[InstrumentId, str]:
    """The keys in the order in which `booked` gave them."""
    found: dict[str, InstrumentId] = {}
    records: list[Execution | Activity] = [*case._opening(), *case.traded()]
    for event in case.night().events:
        if event.confirmed:
            records += event.books
    for one in records:
        if one.instrument is not None:
            found.setdefault(one.instrument.symbol, InstrumentId(len(found) + 1))
    return {key: symbol for symbol, key in found.items()}


def profit(case: Case) -> Decimal:
    """Realised, USD."""
    return realized_pnl(case.booked().entries).get("USD", ZERO)


def money(case: Case) -> Decimal:
    """Cash that the book moved, USD."""
    found = cash(case.booked().entries).get("USD")
    return found.amount if found else ZERO
