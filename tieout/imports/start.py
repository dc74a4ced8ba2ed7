"""What was held before the first day of a daily file: its holdings with that day's trades undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

from tieout.errors import DataError
from tieout.imports.daily_updates import Day, Holding
from tieout.imports.rounding import DECIMALS
from tieout.imports.trade_log import Trade
from tieout.money import ZERO
from tieout.orders import Side


def starting_holdings(first: Day, trades: Sequence[Trade]) -> tuple[Holding, ...]:
    """Holdings before the first day's trades, with their unit cost.

    trades    of the first day, each once
    raises    DataError where something was sold out that day and no row tells what it had cost
    """
    found = []
    for holding in first.holdings:
        own = [one for one in trades if one.ticker == holding.ticker]
        shares = holding.shares - _change(own)
        if shares > 0:
            found.append(_restated(holding, shares, own))
    listed = first.held()
    for ticker in dict.fromkeys(one.ticker for one in trades):
        own = [one for one in trades if one.ticker == ticker]
        if ticker not in listed and _change(own) < 0:
            found.append(_sold_out(first, own))
    return tuple(found)


def _restated(holding: Holding, shares: Decimal, trades: Iterable[Trade]) -> Holding:
    """The holding before it was bought into; a sale leaves the unit cost as it is."""
    bought = [one for one in trades if one.side is Side.BUY]
    if not bought or holding.cost_basis is None:
        return replace(holding, shares=shares)
    basis = holding.cost_basis - sum((one.shares * one.price for one in bought), ZERO)
    unit_cost = (basis / shares).quantize(Decimal(1).scaleb(-DECIMALS), ROUND_HALF_EVEN)
    return replace(holding, shares=shares, unit_cost=max(unit_cost, ZERO))


def _sold_out(first: Day, trades: Sequence[Trade]) -> Holding:
    """A position that ended on the first day, from the daily file's sell row or the log's profit."""
    sale = next(one for one in trades if one.side is Side.SELL)
    for sold in first.sold:
        if sold.ticker == sale.ticker:
            return replace(sold, shares=-_change(trades), sold=False)
    if sale.stated_pnl is None:
        raise DataError(
            f"line {sale.line} of the trade log: {sale.ticker} was sold out on the first day, and no row says what it "
            "had cost; import its opening position first"
        )
    unit_cost = sale.price - sale.stated_pnl / sale.shares
    return Holding(
        line=sale.line,
        day=first.day,
        instrument=sale.instrument,
        shares=-_change(trades),
        unit_cost=unit_cost.quantize(Decimal(1).scaleb(-DECIMALS), ROUND_HALF_EVEN),
        cost_basis=None,
        price=sale.price,
        value=None,
        pnl=None,
        stop_loss="",
        sold=False,
    )


def _change(trades: Iterable[Trade]) -> Decimal:
    return sum((one.change for one in trades), ZERO)
