"""Does each line of a daily file come out by itself, and each day with the day before?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from tieout.imports.blemishes import Blemish, BlemishKind
from tieout.imports.daily_updates import DailyUpdates, Day, DayTotal, Holding
from tieout.imports.rounding import AGREES, agree
from tieout.imports.trade_log import Trade
from tieout.money import ZERO, plain
from tieout.orders import Side
from tieout.sessions import Sessions

# unit costs are kept to four decimals, so a product of one and a number of shares may be off by that much
_UNIT_ROUNDING = Decimal("0.00005")


def check_arithmetic(
    daily: DailyUpdates, log_file: str, moved: Mapping[date, Sequence[Trade]], sessions: Sessions
) -> tuple[Blemish, ...]:
    """Everything that does not come out: sums, products, cost basis, profit and missing days.

    moved    day -> the trades that moved the holdings on it
    """
    name = daily.source.name
    found: list[Blemish] = []
    for day in daily.days:
        for holding in (*day.holdings, *day.sold):
            found += _line(name, holding)
        found += _total(name, day)
    for previous, today in pairwise(daily.days):
        found += _stale(name, previous, today)
        found += _missing_sessions(name, previous, today, sessions)
        found += _cost_bases(name, previous, today, moved[today.day])
        found += _profits(log_file, previous, moved[today.day])
    return tuple(found)


def _line(name: str, one: Holding) -> Iterator[Blemish]:
    within = AGREES + abs(one.shares) * _UNIT_ROUNDING
    cost = one.shares * one.unit_cost
    if not agree(one.cost_basis, cost, within):
        says = f"Cost Basis is not {plain(one.shares)} × {plain(one.unit_cost)}"
        yield _blemish(name, one.line, BlemishKind.LINE_MISMATCH, one.ticker, one, cost, one.cost_basis, says)
    if one.price is None:
        return
    value = one.shares * one.price
    if not agree(one.value, value, within):
        says = f"Total Value is not {plain(one.shares)} × {plain(one.price)}"
        yield _blemish(name, one.line, BlemishKind.LINE_MISMATCH, one.ticker, one, value, one.value, says)
    if not agree(one.pnl, value - cost, within):
        says = f"PnL is not {plain(one.shares)} × ({plain(one.price)} − {plain(one.unit_cost)})"
        yield _blemish(name, one.line, BlemishKind.PNL_MISMATCH, one.ticker, one, value - cost, one.pnl, says)


def _total(name: str, day: Day) -> Iterator[Blemish]:
    total = day.total
    if total is None:
        says = f"{day.day} has no TOTAL row, so no cash and no equity"
        yield Blemish(name, day.first_line, BlemishKind.TOTAL_MISMATCH, "TOTAL", day.day, "a TOTAL row", "none", says)
        return
    kind = BlemishKind.TOTAL_MISMATCH
    value = _sum(one.value for one in day.holdings)
    pnl = _sum(one.pnl for one in day.holdings)
    within = AGREES * max(1, len(day.holdings))  # each line is rounded by itself
    if not agree(total.value, value, within):
        says = "Total Value is not the sum of the day's holdings"
        yield _blemish(name, total.line, kind, "TOTAL", total, value, total.value, says)
    if not agree(total.pnl, pnl, within):
        says = "PnL is not the sum of the day's holdings"
        yield _blemish(name, total.line, kind, "TOTAL", total, pnl, total.pnl, says)
    equity = None if total.value is None else total.value + total.cash
    if not agree(total.equity, equity):
        says = "Total Equity is not Total Value and Cash Balance together"
        yield _blemish(name, total.line, kind, "TOTAL", total, equity, total.equity, says)


def _stale(name: str, previous: Day, today: Day) -> Iterator[Blemish]:
    """A whole day of unchanged prices is a copy; one price alone may well stand still."""
    before = previous.held()
    both = [one for one in today.holdings if one.price is not None and one.ticker in before]
    if len(both) < 2 or any(one.price != before[one.ticker].price for one in both):
        return
    for one in both:
        says = f"all {len(both)} prices of {today.day} are those of {previous.day}"
        found, line = plain(one.price or ZERO), one.line
        yield Blemish(name, line, BlemishKind.STALE_PRICE, one.ticker, today.day, "a price of the day", found, says)


def _missing_sessions(name: str, previous: Day, today: Day, sessions: Sessions) -> Iterator[Blemish]:
    day = sessions.next(previous.day)
    while day < today.day:
        says = f"the session of {day} has no rows; trades of that day show in the holdings of {today.day}"
        kind = BlemishKind.MISSING_SESSION
        yield Blemish(name, today.first_line, kind, "", day, f"rows for {day}", "none", says)
        day = sessions.next(day)


def _cost_bases(name: str, previous: Day, today: Day, trades: Sequence[Trade]) -> Iterator[Blemish]:
    """At average cost, buys add their cost and sales take the day before's unit cost away."""
    before = previous.held()
    for one in today.holdings:
        old = before.get(one.ticker)
        if one.cost_basis is None or (old is not None and old.cost_basis is None):
            continue
        own = [x for x in trades if x.ticker == one.ticker]
        expected = old.cost_basis if old is not None and old.cost_basis is not None else ZERO
        if not own or (old is None and one.shares != sum((x.change for x in own), ZERO)):
            continue
        for trade in own:
            unit = old.unit_cost if trade.side is Side.SELL and old is not None else trade.price
            expected += trade.change * unit
        if not agree(one.cost_basis, expected, AGREES + one.shares * _UNIT_ROUNDING):
            says = "the cost basis does not follow from the day before and the trades"
            kind = BlemishKind.COST_BASIS_MISMATCH
            yield _blemish(name, one.line, kind, one.ticker, one, expected, one.cost_basis, says)


def _profits(name: str, previous: Day, trades: Iterable[Trade]) -> Iterator[Blemish]:
    before = previous.held()
    for trade in trades:
        if trade.side is not Side.SELL or trade.ticker not in before:
            continue
        expected = trade.shares * (trade.price - before[trade.ticker].unit_cost)
        if not agree(trade.stated_pnl, expected, AGREES + trade.shares * _UNIT_ROUNDING):
            says = f"PnL of the sale is not {plain(trade.shares)} × ({plain(trade.price)} − unit cost)"
            kind = BlemishKind.PNL_MISMATCH
            yield _blemish(name, trade.line, kind, trade.ticker, trade, expected, trade.stated_pnl, says)


def _blemish(
    name: str,
    line: int,
    kind: BlemishKind,
    subject: str,
    of: Holding | DayTotal | Trade,
    expected: Decimal | None,
    found: Decimal | None,
    says: str,
) -> Blemish:
    expected, found = expected or ZERO, found or ZERO
    return Blemish(name, line, kind, subject, of.day, plain(expected), plain(found), says, found - expected)


def _sum(figures: Iterable[Decimal | None]) -> Decimal | None:
    """None where any figure is missing: a sum of the rest would say nothing."""
    found = list(figures)
    return None if any(one is None for one in found) else sum((one for one in found if one is not None), ZERO)
