from __future__ import annotations

from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest

from tieout.ids import ClientOrderId
from tieout.instruments import equity
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce


def an_order(quantity: str) -> Order:
    return Order(ClientOrderId("c1"), equity("KO"), Side.BUY, Decimal(quantity), OrderType.MARKET, TimeInForce.DAY)


def test_the_side_carries_the_sign() -> None:
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)


@pytest.mark.parametrize("quantity", ["0", "-1"])
def test_an_order_s_quantity_counts_up_from_zero(quantity: str) -> None:
    with pytest.raises(ValueError, match="counts up from zero"):
        an_order(quantity)


def test_an_order_cannot_be_changed_once_made() -> None:
    with pytest.raises(FrozenInstanceError):
        an_order("1").quantity = Decimal(2)  # type: ignore[misc]


def test_an_order_is_live_while_it_may_still_trade() -> None:
    live = {state for state in OrderState if state.is_live}
    assert live == {OrderState.SENDING, OrderState.UNKNOWN, OrderState.WORKING, OrderState.PARTIALLY_FILLED}
