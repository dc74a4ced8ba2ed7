"""A pair of exits, of which one cancels the other, as the one order that it is to us. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

from tieout.money import SCALE, ZERO
from tieout.orders import OrderReport, OrderState

_STEP = Decimal(1).scaleb(-SCALE)


def one_exit(first: OrderReport) -> OrderReport:
    """The take-profit with its stop-loss among its legs, as one order: whichever of them trades, the exit has traded.

    Venues report a pair as two orders, and cancel the one that did not trade. Read alone, a take-profit that was
    cancelled because its stop was hit looks like an exit that never happened.
    first      the take-profit, which carries our id
    returns    filled quantity and price of both; live while either is, filled once all of it has traded
    """
    both = (first, *first.legs)
    filled = sum((one.filled_quantity for one in both), ZERO)
    return replace(
        first, state=_state(first, filled), filled_quantity=filled, average_fill_price=_average(both, filled)
    )


def _state(first: OrderReport, filled: Decimal) -> OrderState:
    if first.state is OrderState.REPLACED:
        return first.state
    if first.quantity is not None and filled >= first.quantity:
        return OrderState.FILLED
    if any(one.state.is_live for one in (first, *first.legs)):
        return OrderState.PARTIALLY_FILLED if filled else OrderState.WORKING
    return OrderState.CANCELLED if first.state is OrderState.FILLED else first.state


def _average(both: tuple[OrderReport, ...], filled: Decimal) -> Decimal | None:
    if not filled:
        return None
    value = sum((one.filled_quantity * (one.average_fill_price or ZERO) for one in both), ZERO)
    return (value / filled).quantize(_STEP, ROUND_HALF_EVEN)
