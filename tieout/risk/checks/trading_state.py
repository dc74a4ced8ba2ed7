"""Whether anything may be sent at all."""

from __future__ import annotations

from decimal import Decimal

from tieout.breakers import TradingState
from tieout.orders import Order
from tieout.risk.checks.common import rule, share
from tieout.risk.codes import DenialCode
from tieout.risk.effect import MissingFactError, equity_of, only_reduces, parts
from tieout.risk.types import Denial, RiskContext


@rule(DenialCode.DRY_RUN, settings=("dry_run",))
def dry_run(_order: Order, context: RiskContext) -> Denial | None:
    """While DRY_RUN is set, orders are decided, checked and written down, and none is sent."""
    if context.limits.dry_run:
        return Denial(DenialCode.DRY_RUN, "dry run: the order is written down and not sent")
    return None


@rule(DenialCode.HALTED, DenialCode.REDUCE_ONLY)
def trading_state(order: Order, context: RiskContext) -> Denial | None:
    """A halt lets nothing through, reduce-only what shrinks a position without crossing zero."""
    for part in parts(order, context):
        symbol = part.instrument.symbol
        states = (context.account_state, context.instrument_states.get(symbol, TradingState.ACTIVE))
        stopped = TradingState.HALTED in states
        if stopped and not context.flatten:
            return Denial(DenialCode.HALTED, f"trading of {symbol} is halted")
        if (stopped or TradingState.REDUCE_ONLY in states) and part.opens > 0:
            return Denial(
                DenialCode.REDUCE_ONLY,
                f"{symbol} may only be reduced: {part.opens} of {part.quantity} would open or cross zero",
                {"held": context.held(symbol), "quantity": part.quantity, "opens": part.opens},
            )
    return None


@rule(DenialCode.DAILY_LOSS, settings=("max_daily_loss_pct", "halt_on_daily_loss", "enable_circuit_breakers"))
def daily_loss(order: Order, context: RiskContext) -> Denial | None:
    """Nothing is opened once today's loss has reached the limit, whether or not the breaker has been judged yet."""
    limits = context.limits
    if only_reduces(order, context) or not (limits.enable_circuit_breakers and limits.halt_on_daily_loss):
        return None
    start = _known(context.day_start_equity, DenialCode.NO_DAY_START, "the equity at the start of the day")
    lost = (start - equity_of(context)) / start
    return _lost(DenialCode.DAILY_LOSS, "today", lost, limits.max_daily_loss_pct)


@rule(DenialCode.DRAWDOWN, settings=("max_drawdown_pct", "halt_on_drawdown", "enable_circuit_breakers"))
def drawdown(order: Order, context: RiskContext) -> Denial | None:
    """Nothing is opened while the account is further below its peak than the limit."""
    limits = context.limits
    if only_reduces(order, context) or not (limits.enable_circuit_breakers and limits.halt_on_drawdown):
        return None
    peak = _known(context.peak_equity, DenialCode.NO_PEAK, "the highest equity so far")
    lost = (peak - equity_of(context)) / peak
    return _lost(DenialCode.DRAWDOWN, "since its peak", lost, limits.max_drawdown_pct)


def _known(number: Decimal | None, code: DenialCode, what: str) -> Decimal:
    if number is None or number <= 0:
        raise MissingFactError(code, f"{what} is not known" if number is None else f"{what} is {number}")
    return number


def _lost(code: DenialCode, when: str, lost: Decimal, most: Decimal) -> Denial | None:
    if lost < most:
        return None
    return Denial(
        code, f"the account lost {share(lost)} {when}, {share(most)} is the most", {"lost": lost, "limit": most}
    )
