"""How often the account trades, and for what reward."""

from __future__ import annotations

from decimal import Decimal

from tieout.orders import Order
from tieout.risk.checks.common import rule
from tieout.risk.codes import DenialCode
from tieout.risk.effect import MissingFactError, only_reduces
from tieout.risk.types import Denial, RiskContext


@rule(DenialCode.TOO_MANY_TRADES, settings=("max_trades_per_day",))
def daily_trades(order: Order, context: RiskContext) -> Denial | None:
    """No more orders that open something in one session than agreed."""
    if only_reduces(order, context):
        return None
    if context.trades_today is None:
        raise MissingFactError(DenialCode.NO_TRADE_COUNT, "how many orders were sent today is not known")
    count, most = context.trades_today + 1, context.limits.max_trades_per_day
    if count <= most:
        return None
    words = f"it would be trade {count} of the day, {most} is the most"
    return Denial(DenialCode.TOO_MANY_TRADES, words, {"trades": Decimal(count), "limit": Decimal(most)})


@rule(DenialCode.CONVEXITY, settings=("min_convexity_score",))
def convexity(order: Order, context: RiskContext) -> Denial | None:
    """A signal that opens something brings at least the score that is asked for."""
    least = context.limits.min_convexity_score
    if least is None or only_reduces(order, context):
        return None
    score = context.convexity_score
    if score is None:
        raise MissingFactError(DenialCode.NO_CONVEXITY, f"the signal brings no convexity score, {least} is the least")
    if score >= least:
        return None
    words = f"the signal's convexity score is {score}, {least} is the least"
    return Denial(DenialCode.CONVEXITY, words, {"score": score, "limit": least})
