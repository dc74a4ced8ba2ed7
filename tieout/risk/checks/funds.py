"""Whether the order can be paid for, and whether it may sell what is not there."""

from __future__ import annotations

from decimal import Decimal

from tieout.instruments import ONE, AssetClass
from tieout.money import ZERO
from tieout.orders import Order, Side
from tieout.risk.checks.common import money, rule
from tieout.risk.codes import DenialCode
from tieout.risk.effect import MissingFactError, cash_needed, only_reduces, others, parts
from tieout.risk.types import Denial, RiskContext


@rule(DenialCode.CASH, settings=("max_leverage", "settled_cash_only", "market_buffer_pct"))
def cash(order: Order, context: RiskContext) -> Denial | None:
    """Without leverage, an order is paid from cash that no other order may still take."""
    if context.limits.max_leverage > ONE or only_reduces(order, context):
        return None
    there = _cash_there(context)
    reserved = sum((one.money for one in others(order, context)), ZERO)
    return _short_of(DenialCode.CASH, "cash", cash_needed(order, context), there, reserved)


@rule(DenialCode.BUYING_POWER, settings=("market_buffer_pct",))
def buying_power(order: Order, context: RiskContext) -> Denial | None:
    """The broker's buying power covers the order, less what it does not know of yet."""
    if only_reduces(order, context):
        return None
    if context.buying_power is None:
        raise MissingFactError(DenialCode.NO_BUYING_POWER, "the buying power of the account is not known")
    reserved = sum((one.money for one in others(order, context) if not one.in_buying_power), ZERO)
    needed = cash_needed(order, context)
    return _short_of(DenialCode.BUYING_POWER, "buying power", needed, context.buying_power, reserved)


@rule(DenialCode.SHORT, settings=("allow_short",))
def short(order: Order, context: RiskContext) -> Denial | None:
    """A sale opens a short position only where the settings, the venue and the asset class allow it."""
    for part in parts(order, context):
        if part.side is Side.BUY or part.opens == 0:
            continue
        kind, symbol = part.instrument.asset_class, part.instrument.symbol
        words = f"the sale would leave {part.opens} of {symbol} short"
        numbers = {"held": context.held(symbol), "quantity": part.quantity, "opens": part.opens}
        if kind in (AssetClass.CRYPTO, AssetClass.FUND):
            return Denial(DenialCode.SHORT, f"{words}: {kind} cannot be sold short", numbers)
        if not context.limits.allow_short:
            return Denial(DenialCode.SHORT, f"{words}: allow_short is off", numbers)
        facts = context.facts.get(symbol)
        if kind is AssetClass.EQUITY and not (facts and facts.shortable):
            return Denial(DenialCode.SHORT, f"{words}: {context.venue.broker} lends none", numbers)
    return None


def _cash_there(context: RiskContext) -> Decimal:
    there = context.settled_cash if context.limits.settled_cash_only else context.cash
    if there is None:
        which = "settled cash" if context.limits.settled_cash_only else "cash"
        raise MissingFactError(DenialCode.NO_CASH, f"the {which} of the account is not known")
    return there


def _short_of(code: DenialCode, what: str, needed: Decimal, there: Decimal, reserved: Decimal) -> Denial | None:
    if needed <= there - reserved:
        return None
    words = f"the order needs {money(needed)}, {what} is {money(there)} less {money(reserved)} kept for other orders"
    return Denial(code, words, {"needed": needed, "there": there, "reserved": reserved})
