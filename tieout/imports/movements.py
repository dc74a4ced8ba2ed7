"""Does the trade log explain how holdings and cash moved from one day of the daily file to the next?

Day by day and ticker by ticker the change of the holding is set against the trades logged since the day before. Where
they disagree the line is named, and the walk goes on from what the holdings say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise

from tieout.imports.blemishes import Blemish, BlemishKind
from tieout.imports.daily_updates import DailyUpdates, Day, DayTotal, Holding
from tieout.imports.rounding import AGREES
from tieout.imports.start import starting_holdings
from tieout.imports.trade_log import Trade, TradeLog
from tieout.money import ZERO, plain


@dataclass(frozen=True, slots=True)
class Movements:
    """What the comparison found.

    start       holdings before the first day's trades
    moved       day -> the trades that moved holdings, and so should have moved cash, on it
    held        log lines that are not booked
    """

    start: tuple[Holding, ...]
    moved: Mapping[date, tuple[Trade, ...]]
    held: frozenset[int]
    blemishes: tuple[Blemish, ...]


def compare_movements(daily: DailyUpdates, log: TradeLog, accepted: frozenset[int]) -> Movements:
    """Walk through both files.

    accepted    lines of repeated trades that a person has declared to be trades of their own
    """
    walk = _Walk(daily.source.name, log.source.name, accepted)
    first, last = daily.days[0], daily.days[-1]
    walk.set_aside(log.trades, first, last)
    trades = [trade for trade in log.trades if first.day <= trade.day <= last.day]
    on_first = [one for one in trades if one.day == first.day]
    start = Day(first.day, starting_holdings(first, walk.once(on_first)), (), None)
    moved = {first.day: tuple(walk.step(start, first, on_first))}
    walk.start_cash(first.total)
    for previous, today in pairwise(daily.days):
        logged = [one for one in trades if previous.day < one.day <= today.day]
        moved[today.day] = tuple(walk.step(previous, today, logged))
        walk.check_cash(today, moved[today.day])
    walk.end(last)
    return Movements(start.holdings, moved, frozenset(walk.held), tuple(walk.blemishes))


@dataclass(slots=True)
class _Walk:
    daily_file: str
    log_file: str
    accepted: frozenset[int]
    pending: dict[str, list[Trade]] = field(default_factory=dict)  # logged, not yet seen in the holdings
    blemishes: list[Blemish] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    cash: Decimal = ZERO
    unsettled: Decimal = ZERO  # cash of trades since the last TOTAL row

    def set_aside(self, trades: Iterable[Trade], first: Day, last: Day) -> None:
        """Name the trades outside the daily file's days."""
        for trade in trades:
            if trade.day < first.day:
                self._hold(trade, BlemishKind.BEFORE_OPENING, f"the holdings of {first.day} already contain it")
            elif trade.day > last.day:
                says = f"the daily file ends on {last.day} and cannot confirm the trade; it is booked as logged"
                self._of_trade(trade, BlemishKind.UNCONFIRMED, "a holding", "none yet", says)

    def step(self, previous: Day, today: Day, trades: Sequence[Trade]) -> list[Trade]:
        """The trades that moved holdings, and so should have moved cash, on this day."""
        tickers = {*previous.held(), *today.held(), *self.pending, *(one.ticker for one in trades)}
        moved: list[Trade] = []
        for ticker in sorted(tickers):
            own = [one for one in trades if one.ticker == ticker]
            moved += self._follow(ticker, previous, today, own)
        self._sold_without_log(today, trades)
        return moved

    def start_cash(self, total: DayTotal | None) -> None:
        """Cash at the first close, from which every later day is measured."""
        self.cash = total.cash if total else ZERO

    def check_cash(self, today: Day, moved: Iterable[Trade]) -> None:
        """Name a change of cash that the trades do not explain."""
        self.unsettled += sum((one.cash for one in moved), ZERO)
        if today.total is None:
            return
        expected, found = self.cash + self.unsettled, today.total.cash
        if abs(found - expected) > AGREES:
            says = f"cash moved by {plain(found - self.cash)}, the trades explain {plain(self.unsettled)}"
            self._add(today.total.line, BlemishKind.CASH_JUMP, "TOTAL", today, expected, found, says, found - expected)
        self.cash, self.unsettled = found, ZERO

    def end(self, last: Day) -> None:
        """Name the trades that no day of the file ever showed."""
        for trades in self.pending.values():
            for trade in trades:
                self._never_seen(trade, last)

    def _follow(self, ticker: str, previous: Day, today: Day, trades: list[Trade]) -> list[Trade]:
        change = today.shares(ticker) - previous.shares(ticker)
        late = self.pending.pop(ticker, [])
        logged = late + trades
        once = self.once(logged)
        if _change(logged) == change:
            self._late(late, today)
            return logged
        if len(once) < len(logged) and _change(once) == change:
            self._late([one for one in late if one in once], today)
            self._repeats([one for one in logged if one not in once], change)
            return once
        if late and _change(trades) == change:
            for trade in late:
                self._never_seen(trade, today)
            return trades
        if change == ZERO and trades and not late:
            self.pending[ticker] = trades
            return []
        self._unexplained(ticker, previous, today, logged)
        return logged

    def once(self, trades: Iterable[Trade]) -> list[Trade]:
        """Each trade once, except repeats that a person has accepted."""
        return [one for one in trades if one.occurrence == 1 or one.line in self.accepted]

    def _late(self, late: Iterable[Trade], today: Day) -> None:
        for trade in late:
            says = f"logged on {trade.day}, in the holdings from {today.day} on; booked on the day of the trade"
            self._of_trade(trade, BlemishKind.LATE_BOOKING, f"holding on {trade.day}", f"holding on {today.day}", says)

    def _repeats(self, repeated: Iterable[Trade], change: Decimal) -> None:
        for trade in repeated:
            says = (
                f"the same {trade.side} stands on an earlier line, and the holding moved by {plain(change)} only; "
                f"not booked unless accepted (--accept {trade.line})"
            )
            self._hold(trade, BlemishKind.DUPLICATE_TRADE, says)

    def _never_seen(self, trade: Trade, today: Day) -> None:
        says = f"the holdings up to {today.day} never show this {trade.side}; it is booked as logged"
        expected, found = f"{plain(trade.change)} shares", "no change"
        self._of_trade(trade, BlemishKind.QUANTITY_MISMATCH, expected, found, says)

    def _unexplained(self, ticker: str, previous: Day, today: Day, logged: Sequence[Trade]) -> None:
        expected, found = previous.shares(ticker) + _change(logged), today.shares(ticker)
        fraction = next((one for one in logged if one.shares != one.shares.to_integral_value()), None)
        if fraction is not None and abs(found - expected) < 1:
            says = (
                f"the log trades {plain(fraction.shares)}, the holding moves by "
                f"{plain(found - previous.shares(ticker))}; booked as logged"
            )
            money = (found - expected) * fraction.price
            self._of_trade(
                fraction,
                BlemishKind.FRACTIONAL_MISMATCH,
                f"{plain(expected)} left",
                f"{plain(found)} left",
                says,
                money,
            )
            return
        holding = today.held().get(ticker) or previous.held().get(ticker)
        line = today.held()[ticker].line if ticker in today.held() else today.first_line
        says = f"{plain(previous.shares(ticker))} the day before and the trades logged since do not give this"
        price = (holding.price or holding.unit_cost) if holding else ZERO
        money = (found - expected) * price
        self._add(line, BlemishKind.QUANTITY_MISMATCH, ticker, today, expected, found, says, money)

    def _sold_without_log(self, today: Day, trades: Sequence[Trade]) -> None:
        for sold in today.sold:
            logged = -_change([one for one in trades if one.ticker == sold.ticker and one.change < 0])
            if logged < sold.shares:
                says = "the daily file says sold, the log does not"
                money = (sold.shares - logged) * (sold.price or sold.unit_cost)
                kind = BlemishKind.UNLOGGED_SELL
                self._add(sold.line, kind, sold.ticker, today, logged, sold.shares, says, money)

    def _hold(self, trade: Trade, kind: BlemishKind, says: str) -> None:
        self.held.add(trade.line)
        self._of_trade(trade, kind, "not booked", trade.raw, says, held=True)

    def _of_trade(
        self,
        trade: Trade,
        kind: BlemishKind,
        expected: str,
        found: str,
        says: str,
        money: Decimal | None = None,
        *,
        held: bool = False,
    ) -> None:
        self.blemishes.append(
            Blemish(
                self.log_file,
                trade.line,
                kind,
                trade.ticker,
                trade.day,
                expected,
                found,
                says,
                trade.cash if money is None else money,
                held,
            )
        )

    def _add(
        self,
        line: int,
        kind: BlemishKind,
        subject: str,
        today: Day,
        expected: Decimal,
        found: Decimal,
        says: str,
        money: Decimal,
    ) -> None:
        self.blemishes.append(
            Blemish(self.daily_file, line, kind, subject, today.day, plain(expected), plain(found), says, money)
        )


def _change(trades: Iterable[Trade]) -> Decimal:
    return sum((one.change for one in trades), ZERO)
