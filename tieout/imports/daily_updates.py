"""`Daily Updates.csv` of the micro-cap shape: one row per holding and day, and a TOTAL row with cash and equity.

Action HOLD is a holding at the close. An action that says SELL is what was sold that day, so its Shares are no holding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tieout.errors import Malformed
from tieout.imports.blemishes import Blemish, BlemishKind
from tieout.imports.csv_table import CsvRow, SourceFile, read_table
from tieout.imports.rounding import rounded, rounded_or_none, tails
from tieout.imports.tickers import stock
from tieout.instruments import Instrument
from tieout.money import plain
from tieout.sessions import Sessions

COLUMNS = (
    "Date",
    "Ticker",
    "Shares",
    "Buy Price",
    "Cost Basis",
    "Stop Loss",
    "Current Price",
    "Total Value",
    "PnL",
    "Action",
    "Cash Balance",
    "Total Equity",
)
_FIGURES = ("Shares", "Buy Price", "Cost Basis", "Current Price", "Total Value", "PnL", "Cash Balance", "Total Equity")
TOTAL = "TOTAL"


@dataclass(frozen=True, slots=True)
class Holding:
    """One line of one day.

    shares      units held, or units sold where `sold`
    unit_cost   currency per share, average
    price       close, currency per share; None where the file has none
    """

    line: int
    day: date
    instrument: Instrument
    shares: Decimal
    unit_cost: Decimal
    cost_basis: Decimal | None
    price: Decimal | None
    value: Decimal | None
    pnl: Decimal | None
    stop_loss: str
    sold: bool

    @property
    def ticker(self) -> str:
        """The canonical symbol."""
        return self.instrument.symbol


@dataclass(frozen=True, slots=True)
class DayTotal:
    """The TOTAL line of one day, currency."""

    line: int
    day: date
    value: Decimal | None
    pnl: Decimal | None
    cash: Decimal
    equity: Decimal | None


@dataclass(frozen=True, slots=True)
class Day:
    """What the file says of one session's close."""

    day: date
    holdings: tuple[Holding, ...]
    sold: tuple[Holding, ...]
    total: DayTotal | None

    @property
    def first_line(self) -> int:
        """Where the day begins in the file."""
        lines = [one.line for one in (*self.holdings, *self.sold)] + ([self.total.line] if self.total else [])
        return min(lines)

    def held(self) -> dict[str, Holding]:
        """Ticker -> its holding."""
        return {one.ticker: one for one in self.holdings}

    def shares(self, ticker: str) -> Decimal:
        """Units held at the close; zero for what is not listed."""
        return sum((one.shares for one in self.holdings if one.ticker == ticker), Decimal(0))


@dataclass(frozen=True, slots=True)
class DailyUpdates:
    """The file's days, ascending, and what was wrong with single lines."""

    source: SourceFile
    days: tuple[Day, ...]
    blemishes: tuple[Blemish, ...]


def read_daily_updates(source: SourceFile, sessions: Sessions, currency: str) -> DailyUpdates:
    """Every readable line, by day.

    raises    Malformed for what makes the whole file unusable: encoding, columns, cells that do not line up
    """
    found: list[Holding | DayTotal] = []
    blemishes: list[Blemish] = []
    seen: dict[tuple[date, str, bool], CsvRow] = {}
    for row in read_table(source, COLUMNS).rows:
        line = _read(row, sessions, currency)
        if isinstance(line, Blemish):
            blemishes.append(line)
            continue
        subject = TOTAL if isinstance(line, DayTotal) else line.ticker
        blemishes += tails(row, _FIGURES, subject, line.day)
        key = (line.day, subject, isinstance(line, Holding) and line.sold)
        if key in seen:
            blemishes.append(_repeated(row, seen[key], line.day, subject))
            continue
        seen[key] = row
        found.append(line)
    return DailyUpdates(source, _by_day(found), tuple(blemishes))


def _read(row: CsvRow, sessions: Sessions, currency: str) -> Holding | DayTotal | Blemish:
    """The line, or the reason why there is none."""
    try:
        day = row.day("Date")
        line = _total(row, day) if row.text("Ticker").upper() == TOTAL else _holding(row, day, currency)
    except Malformed as error:
        return _left_out(row, BlemishKind.UNREADABLE, None, "a readable line", str(error))
    if reason := sessions.why_closed(day):
        return _left_out(row, BlemishKind.NO_SESSION, day, "a session", f"{day}: {reason}")
    if isinstance(line, Holding) and line.shares < 0:
        return _left_out(row, BlemishKind.NEGATIVE_QUANTITY, day, "zero or more shares", plain(line.shares))
    return line


def _left_out(row: CsvRow, kind: BlemishKind, day: date | None, expected: str, found: str) -> Blemish:
    says = f"the line is left out: expected {expected}, found {found}"
    return Blemish(row.file, row.line, kind, row.note("Ticker"), day, expected, found, says, held=True)


def _holding(row: CsvRow, day: date, currency: str) -> Holding:
    return Holding(
        line=row.line,
        day=day,
        instrument=stock(row, currency),
        shares=rounded(row, "Shares"),
        unit_cost=rounded(row, "Buy Price"),
        cost_basis=rounded_or_none(row, "Cost Basis"),
        price=rounded_or_none(row, "Current Price"),
        value=rounded_or_none(row, "Total Value"),
        pnl=rounded_or_none(row, "PnL"),
        stop_loss=row.note("Stop Loss"),
        sold="SELL" in row.note("Action").upper(),
    )


def _total(row: CsvRow, day: date) -> DayTotal:
    return DayTotal(
        row.line,
        day,
        rounded_or_none(row, "Total Value"),
        rounded_or_none(row, "PnL"),
        rounded(row, "Cash Balance"),
        rounded_or_none(row, "Total Equity"),
    )


def _repeated(row: CsvRow, first: CsvRow, day: date, subject: str) -> Blemish:
    same = row.cells == first.cells
    return Blemish(
        row.file,
        row.line,
        BlemishKind.DUPLICATE_HOLDING,
        subject,
        day,
        expected=first.raw,
        found=row.raw,
        says=f"{subject} of {day} is already on line {first.line}"
        + (", word for word" if same else " with other figures; the first is used"),
        held=True,
    )


def _by_day(lines: Iterable[Holding | DayTotal]) -> tuple[Day, ...]:
    holdings: dict[date, list[Holding]] = {}
    totals: dict[date, DayTotal] = {}
    for line in lines:
        held = holdings.setdefault(line.day, [])
        if isinstance(line, DayTotal):
            totals[line.day] = line
        else:
            held.append(line)
    return tuple(
        Day(day, tuple(x for x in held if not x.sold), tuple(x for x in held if x.sold), totals.get(day))
        for day, held in sorted(holdings.items())
    )
