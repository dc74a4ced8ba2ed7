"""Rolling as orders: one of two legs where the venue has that, else one for each leg."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.options.table import XNYS
from tieout.instruments import option
from tieout.options.roll import net_price, roll_orders, rolled
from tieout.orders import Side

PUT = option("KO260320P00060000")
LATER = option("KO260417P00060000")


def test_it_goes_into_the_same_strike_at_a_monthly_expiration_three_weeks_later() -> None:
    assert rolled(PUT, XNYS) == LATER


def test_an_adjusted_contract_is_not_rolled() -> None:
    adjusted = option("KO1260320P00060000", multiplier=Decimal(100), underlying="KO")
    assert rolled(adjusted, XNYS) is None


@pytest.mark.parametrize(("held", "closing", "opening"), [(-2, Side.BUY, Side.SELL), (2, Side.SELL, Side.BUY)])
def test_both_legs_are_one_order_over_the_underlying(held: int, closing: Side, opening: Side) -> None:
    (order,) = roll_orders(PUT, Decimal(held), LATER, multi_leg=True)
    assert order.instrument.symbol == "KO"
    legs = [(leg.instrument, leg.side, leg.opens) for leg in order.legs]
    assert legs == [(PUT, closing, False), (LATER, opening, True)]


def test_without_orders_of_several_legs_it_is_a_closing_and_an_opening_order() -> None:
    closing, opening = roll_orders(PUT, Decimal(-1), LATER, multi_leg=False)
    assert (closing.instrument, closing.side, closing.closes) == (PUT, Side.BUY, True)
    assert (opening.instrument, opening.side, opening.closes) == (LATER, Side.SELL, False)


def test_the_net_price_of_a_short_that_is_rolled_is_a_credit_where_the_later_one_is_dearer() -> None:
    (order,) = roll_orders(PUT, Decimal(-1), LATER, multi_leg=True)
    assert net_price(order.legs, {PUT.symbol: Decimal("3.05"), LATER.symbol: Decimal("4.20")}) == Decimal("-1.15")
