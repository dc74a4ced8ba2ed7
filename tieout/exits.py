"""The exits of a position: those sent along with its entry, and a pair as the one order that it is to us. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from tieout.money import SCALE, ZERO
from tieout.orders import Order, OrderReport, OrderState, OrderType, Side

_STEP = Decimal(1).scaleb(-SCALE)


class ExitKind(StrEnum):
    """Which way a position is left."""

    TAKE_PROFIT = "take_profit"
    STOP_LOSS = "stop_loss"

    @property
    def words(self) -> str:
        """As people say it."""
        return self.value.replace("_", " ")


def exits_of(order: Order) -> dict[ExitKind, Decimal]:
    """The exits that an entry brings along, with their prices; none for an order that is itself an exit."""
    if order.is_exit or order.legs:
        return {}
    prices = {ExitKind.TAKE_PROFIT: order.take_profit, ExitKind.STOP_LOSS: order.stop_loss}
    return {kind: price for kind, price in prices.items() if price is not None}


def without_exits(order: Order) -> Order:
    """The entry alone, as it goes to a venue that does not hold its exits."""
    return replace(order, take_profit=None, stop_loss=None)


def exit_side(order: Order) -> Side:
    """The side that closes what an entry opens."""
    return Side.SELL if order.side is Side.BUY else Side.BUY


def kind_of(exit_order: OrderReport) -> ExitKind:
    """Which exit a venue's order is: a take-profit rests at its limit, everything else waits for a stop."""
    return ExitKind.TAKE_PROFIT if exit_order.order_type is OrderType.LIMIT else ExitKind.STOP_LOSS


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
