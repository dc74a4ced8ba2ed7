"""`Trade Log.csv` of the micro-cap shape: buys and sells in different columns, no ids, dates without a time.

A trade's id is made of what the row says and how often the file has said it, so that a file imported twice, saved again
with other number formats or grown longer books each trade once. Whether two equal rows are two trades is not decided
here. `Cost Basis` of a sell is sometimes per share and sometimes in all, so it is not used.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tieout.errors import Malformed
from tieout.ids import ExecutionId, derived_text
from tieout.imports.blemishes import Blemish, BlemishKind
from tieout.imports.csv_table import CsvRow, SourceFile, read_table
from tieout.imports.opening import moment_of
from tieout.imports.rounding import agree, rounded, rounded_or_none, tails
from tieout.imports.tickers import stock
from tieout.instruments import Instrument
from tieout.money import plain
from tieout.orders import Side
from tieout.records import Execution
from tieout.sessions import Sessions

COLUMNS = ("Date", "Ticker", "Shares Bought", "Buy Price", "Cost Basis", "PnL", "Reason", "Shares Sold", "Sell Price")
_FIGURES = ("Shares Bought", "Buy Price", "Cost Basis", "PnL", "Shares Sold", "Sell Price")


@dataclass(frozen=True, slots=True)
class Trade:
    """One row of the log.

    shares       units, above zero
    price        currency per share
    occurrence   1 for the first row that says exactly this, 2 for the second, …
    stated_pnl   of a sell, currency
    """

    line: int
    day: date
    instrument: Instrument
    side: Side
    shares: Decimal
    price: Decimal
    occurrence: int
    reason: str
    stated_pnl: Decimal | None
    raw: str

    @property
    def ticker(self) -> str:
        """The canonical symbol."""
        return self.instrument.symbol

    @property
    def change(self) -> Decimal:
        """Signed change of the holding."""
        return self.shares * self.side.sign

    @property
    def cash(self) -> Decimal:
        """Signed change of cash; the log knows no fees."""
        return -self.change * self.price

    @property
    def execution_id(self) -> ExecutionId:
        """The same for the same row, whichever file it stands in."""
        return ExecutionId(derived_text("LOG", *_content(self), self.occurrence, length=20))

    def execution(self, sessions: Sessions) -> Execution:
        """The trade as a record of the book."""
        return Execution(
            self.execution_id,
            self.instrument,
            self.side,
            self.shares,
            self.price,
            moment_of(self.day, sessions),
            fee_currency=self.instrument.currency,
        )


@dataclass(frozen=True, slots=True)
class TradeLog:
    """The file's trades in its own order, and what was wrong with single lines."""

    source: SourceFile
    trades: tuple[Trade, ...]
    blemishes: tuple[Blemish, ...]


def read_trade_log(source: SourceFile, sessions: Sessions, currency: str) -> TradeLog:
    """Every readable trade.

    raises    Malformed for what makes the whole file unusable: encoding, columns, cells that do not line up
    """
    trades: list[Trade] = []
    blemishes: list[Blemish] = []
    counted: Counter[tuple[object, ...]] = Counter()
    for row in read_table(source, COLUMNS).rows:
        read = _read(row, sessions, currency, counted)
        if isinstance(read, Blemish):
            blemishes.append(read)
            continue
        trades.append(read)
        blemishes += tails(row, _FIGURES, read.ticker, read.day)
        blemishes += _cost_of_a_buy(row, read)
    return TradeLog(source, tuple(trades), tuple(blemishes))


def _read(row: CsvRow, sessions: Sessions, currency: str, counted: Counter[tuple[object, ...]]) -> Trade | Blemish:
    """The trade, or the reason why there is none."""
    try:
        trade = _trade(row, currency)
    except Malformed as error:
        return _left_out(row, BlemishKind.UNREADABLE, None, "a readable trade", str(error))
    if reason := sessions.why_closed(trade.day):
        return _left_out(row, BlemishKind.NO_SESSION, trade.day, "a session", f"{trade.day}: {reason}")
    if trade.shares <= 0 or trade.price < 0:
        found = f"{plain(trade.shares)} at {plain(trade.price)}"
        return _left_out(row, BlemishKind.NEGATIVE_QUANTITY, trade.day, "shares above zero", found)
    counted[_content(trade)] += 1
    return Trade(
        trade.line,
        trade.day,
        trade.instrument,
        trade.side,
        trade.shares,
        trade.price,
        counted[_content(trade)],
        trade.reason,
        trade.stated_pnl,
        trade.raw,
    )


def _trade(row: CsvRow, currency: str) -> Trade:
    bought, sold = row.note("Shares Bought"), row.note("Shares Sold")
    if bool(bought) == bool(sold):
        raise row.complain("exactly one of Shares Bought and Shares Sold must be filled")
    side = Side.BUY if bought else Side.SELL
    return Trade(
        line=row.line,
        day=row.day("Date"),
        instrument=stock(row, currency),
        side=side,
        shares=rounded(row, "Shares Bought" if bought else "Shares Sold"),
        price=rounded(row, "Buy Price" if bought else "Sell Price"),
        occurrence=1,
        reason=row.note("Reason"),
        stated_pnl=rounded_or_none(row, "PnL") if sold else None,
        raw=row.raw,
    )


def _content(trade: Trade) -> tuple[object, ...]:
    return (trade.day, trade.ticker, trade.side, plain(trade.shares), plain(trade.price))


def _left_out(row: CsvRow, kind: BlemishKind, day: date | None, expected: str, found: str) -> Blemish:
    says = f"the row is not booked: expected {expected}, found {found}"
    return Blemish(row.file, row.line, kind, row.note("Ticker"), day, expected, found, says, held=True)


def _cost_of_a_buy(row: CsvRow, trade: Trade) -> tuple[Blemish, ...]:
    if trade.side is Side.SELL or not row.note("Cost Basis"):
        return ()
    stated, cost = rounded(row, "Cost Basis"), trade.shares * trade.price
    if agree(stated, cost):
        return ()
    return (
        Blemish(
            row.file,
            row.line,
            BlemishKind.LINE_MISMATCH,
            trade.ticker,
            trade.day,
            expected=plain(cost),
            found=plain(stated),
            says=f"Cost Basis of the buy is not {plain(trade.shares)} × {plain(trade.price)}",
            money=stated - cost,
        ),
    )
