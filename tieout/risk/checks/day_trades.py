"""What FINRA asks of trades opened and closed in one session: two rules, divided by a date that each broker sets.

Until it changes over, a broker applies the pattern-day-trader rule, FINRA 4210(f)(8)(B): four or more day trades within
five business days, in a margin account with less than 25,000 USD of equity, restrict the account.

FINRA's intraday margin standards replace it: the count and the 25,000 USD are gone, and a broker may refuse in real
time what would create or increase an intraday margin deficit. Effective 4 June 2026; brokers phase in until 20 October
2027.
SR-FINRA-2025-017, approved by SEC Release 34-105226, 91 FR 20731 (17 April 2026):
https://www.govinfo.gov/content/pkg/FR-2026-04-17/html/2026-07485.htm

Alpaca changed over at once: https://docs.alpaca.markets/us/changelog/2026-06-03-pdt-f3c04da
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from tieout.instruments import AssetClass
from tieout.money import ZERO
from tieout.orders import Order, Side
from tieout.risk.checks.common import money, rule
from tieout.risk.checks.exposure import gross_after
from tieout.risk.codes import DenialCode
from tieout.risk.effect import MissingFactError, Part, equity_of, exposure_per_unit, only_reduces, others, parts
from tieout.risk.limits import DayTradeRule
from tieout.risk.types import Denial, RiskContext

EFFECTIVE = date(2026, 6, 4)
PHASED_IN = date(2027, 10, 20)  # from then on no broker may apply the old rule
CHANGED_OVER = {"alpaca": EFFECTIVE}
"""Brokers whose date is known. Any other member is taken to apply the old rule as long as it may."""
FINRA_MEMBERS = frozenset({"alpaca", "ibkr", "tradier", "schwab", "tradestation", "tastytrade"})
PATTERN_EQUITY = Decimal(25_000)  # USD
PATTERN_TRADES = 4
_SHORT_LEAST, _SHORT_LEAST_CHEAP = Decimal(5), Decimal("2.50")  # USD a share; below 5 USD the whole price at least
_NEW_YORK = ZoneInfo("America/New_York")
_COUNTED = frozenset({AssetClass.EQUITY, AssetClass.OPTION, AssetClass.FUND})


def rule_in_force(context: RiskContext) -> DayTradeRule:
    """Which of the two holds for this account today; never `auto`."""
    chosen = context.limits.day_trade_rule
    if chosen is not DayTradeRule.AUTO:
        return chosen
    broker = context.account.broker
    if broker not in FINRA_MEMBERS:
        return DayTradeRule.NONE
    since = context.limits.intraday_margin_from or CHANGED_OVER.get(broker, PHASED_IN)
    today = context.now.astimezone(_NEW_YORK).date()
    return DayTradeRule.INTRADAY if today >= min(since, PHASED_IN) else DayTradeRule.PATTERN


@rule(DenialCode.PATTERN_DAY_TRADER, settings=("day_trade_rule", "intraday_margin_from"))
def pattern_day_trader(order: Order, context: RiskContext) -> Denial | None:
    """Where the old rule holds: below 25,000 USD of equity, no fourth day trade within five sessions."""
    if rule_in_force(context) is not DayTradeRule.PATTERN or not _ends_a_day_trade(order, context):
        return None
    equity = equity_of(context)
    if equity >= PATTERN_EQUITY:
        return None
    if context.day_trades is None:
        raise MissingFactError(DenialCode.NO_DAY_TRADES, "how many day trades the last five sessions saw is not known")
    count = context.day_trades + 1
    if count < PATTERN_TRADES:
        return None
    least = money(PATTERN_EQUITY)
    words = f"it would be day trade {count} within five sessions, with {money(equity)} of equity; it takes {least}"
    return Denial(DenialCode.PATTERN_DAY_TRADER, words, {"day_trades": Decimal(count), "equity": equity})


@rule(
    DenialCode.INTRADAY_MARGIN,
    settings=("day_trade_rule", "intraday_margin_from", "margin_long_pct", "margin_short_pct"),
)
def intraday_margin(order: Order, context: RiskContext) -> Denial | None:
    """Where the new rule holds: no order creates or increases an intraday margin deficit.

    An account whose positions are all paid for borrows nothing and can have none; only beyond that must the excess of
    equity over the maintenance margin be known. The rates are those of FINRA 4210(c) where the broker's own are not
    set: 25 % of what is long; 30 % of what is short, 5 USD a share at least, and all of a share below that; an option
    that is bought is paid in full.
    """
    if rule_in_force(context) is not DayTradeRule.INTRADAY or only_reduces(order, context):
        return None
    if gross_after(order, context) <= equity_of(context):
        return None
    if context.margin_excess is None:
        raise MissingFactError(DenialCode.NO_MARGIN, "the equity above the maintenance margin is not known")
    needed = sum((_margin(part, order, context) for part in parts(order, context)), ZERO)
    reserved = sum((one.money * context.limits.margin_short_pct for one in others(order, context)), ZERO)
    if needed <= context.margin_excess - reserved:
        return None
    words = (
        f"the order needs {money(needed)} of margin, {money(context.margin_excess)} less {money(reserved)} "
        "kept for other orders is there: an intraday margin deficit"
    )
    numbers = {"needed": needed, "margin_excess": context.margin_excess, "reserved": reserved}
    return Denial(DenialCode.INTRADAY_MARGIN, words, numbers)


def _margin(part: Part, order: Order, context: RiskContext) -> Decimal:
    if part.opens == 0 or part.instrument.asset_class not in _COUNTED:
        return ZERO
    unit = exposure_per_unit(part, order, context)
    if part.side is Side.SELL:
        return part.opens * max(unit * context.limits.margin_short_pct, _least_short(part, unit))
    worth = part.opens * unit
    return worth * (1 if part.instrument.asset_class is AssetClass.OPTION else context.limits.margin_long_pct)


def _least_short(part: Part, price: Decimal) -> Decimal:
    """Margin per share sold short, base currency: FINRA 4210(c)(2) and (3), which cheap shares make dear."""
    if part.instrument.asset_class is AssetClass.OPTION:
        return ZERO
    return _SHORT_LEAST if price >= _SHORT_LEAST else max(price, _SHORT_LEAST_CHEAP)


def _ends_a_day_trade(order: Order, context: RiskContext) -> bool:
    """Whether it closes something that was opened in the same session."""
    for part in parts(order, context):
        holding = context.holdings.get(part.instrument.symbol)
        if holding is None or part.instrument.asset_class not in _COUNTED:
            continue
        if part.closes > 0 and holding.opened_today * part.side.sign < 0:
            return True
    return False
