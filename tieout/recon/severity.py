"""How much a break weighs: money at risk, age, and what its kind allows."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal, localcontext

from tieout.money import ZERO
from tieout.recon.context import Context
from tieout.recon.plainly import EXACT
from tieout.recon.types import BreakKind, Difference, Pair, Severity
from tieout.settings import Severities

_DIGITS = Decimal("0.00000001")
_ORDER = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)
# Figures beside the position: wrong they mislead, but nothing is missing.
_NEVER_CRITICAL = frozenset({BreakKind.COST_BASIS_MISMATCH, BreakKind.STALE_PRICE})
_ALWAYS_CRITICAL = frozenset({BreakKind.INSTRUMENT_UNMAPPED})


def money_at_risk(difference: Difference, context: Context | None = None) -> Decimal | None:
    """|quantity| × price × multiplier, or |amount| where no units differ; in the difference's currency.

    With a context, an amount that is a coin counts at the coin's price, in the base currency.
    returns    None where units differ and nobody knows a price: unknown is not zero; rounded up to 8 digits
    """
    if difference.quantity != 0 and difference.price is None:
        return None
    with localcontext(EXACT):
        money = difference.amount
        coin = None if context is None else context.coins.get(difference.currency or "")
        if context is not None and coin is not None and money and not difference.quantity:
            quoted = context.quotes.get(coin)
            price = None if quoted is None else quoted.now or quoted.before
            if price is None:
                return None
            money *= price
        if difference.quantity != 0 and difference.price is not None:
            money = difference.quantity * difference.price * difference.multiplier
        return abs(money).quantize(_DIGITS, rounding=ROUND_UP)


def weigh(difference: Difference, context: Context, floor: Severity = Severity.INFO) -> Severity:
    """The severity of an open break.

    floor    what a rule knows it to be at least
    """
    money = money_at_risk(difference, context)
    severity = max_severity(by_money(money, context.severities), floor)
    if context.age(difference.key) >= context.severities.critical_age:
        severity = Severity.CRITICAL
    if difference.kind in _ALWAYS_CRITICAL:
        return Severity.CRITICAL
    if difference.kind in _NEVER_CRITICAL or _book_is_confirmed(difference):
        return min(severity, Severity.WARNING, key=_ORDER.index)
    return severity


def by_money(money: Decimal | None, severities: Severities) -> Severity:
    """The severity of an amount; what cannot be stated is critical."""
    if money is None or money >= severities.critical_money:
        return Severity.CRITICAL
    return Severity.WARNING if money >= severities.warning_money else Severity.INFO


def max_severity(*severities: Severity) -> Severity:
    """The heaviest of them."""
    return max(severities, key=_ORDER.index)


def stated(money: Decimal | None) -> Decimal:
    """What a column that may not be null holds; the explanation says where it is unknown."""
    return ZERO if money is None else money


def _book_is_confirmed(difference: Difference) -> bool:
    """Book and snapshot agree on this position or balance; only the statement tells another story."""
    return difference.pair is Pair.STATEMENT_SNAPSHOT
