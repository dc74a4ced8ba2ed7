"""A portfolio kept by hand in two CSV files, as a book: opening, trades, daily snapshots, and what is wrong.

The trade log is the book and the daily file is what it should come to. Every readable trade is booked as it was logged;
a trade is held back only where it cannot be one as it stands: an exact repeat that the holdings contradict, a date
without a session, a quantity below zero, a row that cannot be read. Everything else that disagrees is reported with its
line and left for the reconciliation to show, never mended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tieout.errors import DataError
from tieout.ids import AccountId
from tieout.imports.arithmetic import check_arithmetic
from tieout.imports.batch import HeldRow, ImportBatch, Sourced, require_signature
from tieout.imports.blemishes import Blemish, in_file_order
from tieout.imports.csv_table import SourceFile
from tieout.imports.daily_updates import DailyUpdates, Day, read_daily_updates
from tieout.imports.movements import Movements, compare_movements
from tieout.imports.opening import OpeningLine, opening_records
from tieout.imports.trade_log import TradeLog, read_trade_log
from tieout.money import ZERO
from tieout.sessions import Sessions
from tieout.snapshots import Balance, Position


@dataclass(frozen=True, slots=True)
class DaySnapshot:
    """What the daily file says was held at one close; cash only where the day has its TOTAL row."""

    business_date: date
    positions: tuple[Position, ...]
    balance: Balance | None


@dataclass(frozen=True, slots=True)
class MicrocapBook:
    """Both files, read and compared."""

    batch: ImportBatch
    days: tuple[DaySnapshot, ...]


def read_microcap(
    daily_file: SourceFile,
    log_file: SourceFile,
    account_id: AccountId,
    *,
    signed_off_by: str,
    sessions: Sessions,
    currency: str = "USD",
    accepted: frozenset[int] = frozenset(),
) -> MicrocapBook:
    """The book that the two files tell.

    accepted   lines of the log that a person declares to be trades of their own though they repeat another
    raises     DataError without a signature, or where nothing is left to open with; Malformed for a file that cannot be
               read at all
    """
    signature = require_signature(signed_off_by)
    daily = read_daily_updates(daily_file, sessions, currency)
    log = read_trade_log(log_file, sessions, currency)
    if not daily.days:
        raise DataError(f"{daily_file.name}: no readable day; {_first_of(daily.blemishes)}")
    movements = compare_movements(daily, log, accepted)
    _accept_only_repeats(log, accepted)
    as_of = sessions.previous(daily.days[0].day)
    opening = opening_records(account_id, as_of, _opening(daily, movements, currency), daily_file, sessions)
    trades = _booked(log, movements, sessions)
    found = (
        *daily.blemishes,
        *log.blemishes,
        *movements.blemishes,
        *check_arithmetic(daily, log.source.name, movements.moved, sessions),
    )
    batch = ImportBatch(signature, as_of, (*opening, *trades), in_file_order(found), _held(found, daily_file, log_file))
    return MicrocapBook(batch, tuple(_snapshot(day, currency) for day in daily.days))


def _first_of(blemishes: Sequence[Blemish]) -> str:
    return blemishes[0].says if blemishes else "the file has no rows"


def _accept_only_repeats(log: TradeLog, accepted: frozenset[int]) -> None:
    """A line number that is no repeat is a slip of the finger."""
    for line in sorted(accepted):
        if not any(one.line == line and one.occurrence > 1 for one in log.trades):
            raise DataError(f"{log.source.name} line {line}: not a repeated trade, so there is nothing to accept")


def _opening(daily: DailyUpdates, movements: Movements, currency: str) -> tuple[OpeningLine, ...]:
    first = daily.days[0]
    if first.total is None:
        raise DataError(
            f"{daily.source.name} line {first.first_line}: the first day, {first.day}, has no usable TOTAL row, so the "
            "opening cash is not known"
        )
    cash = first.total.cash - sum((one.cash for one in movements.moved[first.day]), ZERO)
    lines = [OpeningLine(one.line, one.instrument, one.shares, one.unit_cost, currency) for one in movements.start]
    return (*lines, OpeningLine(first.total.line, None, cash, None, currency))


def _booked(log: TradeLog, movements: Movements, sessions: Sessions) -> tuple[Sourced, ...]:
    trades = sorted((one for one in log.trades if one.line not in movements.held), key=lambda one: (one.day, one.line))
    return tuple(Sourced(one.execution(sessions), log.source, one.line) for one in trades)


def _held(found: Sequence[Blemish], *sources: SourceFile) -> tuple[HeldRow, ...]:
    lines = {source.name: source.content.decode("utf-8-sig").splitlines() for source in sources}
    return tuple(
        HeldRow(one.file, one.line, one.kind, lines[one.file][one.line - 1])
        for one in in_file_order(tuple(found))
        if one.held
    )


def _snapshot(day: Day, currency: str) -> DaySnapshot:
    positions = tuple(
        Position(
            instrument=one.instrument,
            quantity=one.shares,
            avg_entry_price=one.unit_cost,
            market_price=one.price,
            market_value=one.value,
            cost_basis=one.cost_basis,
            unrealized_pnl=one.pnl,
            side="long",
        )
        for one in day.holdings
    )
    balance = Balance(currency, day.total.cash, equity=day.total.equity) if day.total else None
    return DaySnapshot(day.day, positions, balance)
