"""Which orders wait for a person, and what the person sees."""

from __future__ import annotations

from decimal import Decimal

from tests.unit.risk.samples import AAPL, CALL, HIGHER_CALL, MSFT, context, held, holding, kept, limit, market, order
from tieout.orders import OrderLeg, Side
from tieout.risk.approval import approval_need, risk_numbers

D = Decimal


def test_without_a_setting_nobody_is_asked() -> None:
    assert approval_need(order(), context()) is None


def test_every_order_waits_where_all_do() -> None:
    need = approval_need(order(quantity="1"), context(limits={"approve_all": True, "two_persons": True}))
    assert need is not None
    assert need.two_persons


def test_orders_above_the_limit_wait_and_those_at_it_do_not() -> None:
    where = context(limits={"approve_above": D(1000)})
    assert approval_need(order(quantity="10"), where) is None
    need = approval_need(order(quantity="11"), where)
    assert need is not None
    assert need.why == "it is worth 1,100.00, orders above 1,000.00 wait for approval"
    assert not need.two_persons


def test_selling_a_position_waits_as_well() -> None:
    where = context(limits={"approve_above": D(1000)}, holdings=held(holding(AAPL, "100", "10000")))
    assert approval_need(order(Side.SELL, "100"), where) is not None


def test_an_order_whose_worth_is_not_known_waits() -> None:
    need = approval_need(order(quantity="1"), context(limits={"approve_above": D(1_000_000)}, markets={}))
    assert need is not None
    assert need.why == "its worth is not known: there is no quote of AAPL"


def test_the_person_sees_what_the_order_changes() -> None:
    where = context(holdings=held(holding(AAPL, "100", "10000")), reservations=(kept(Side.BUY, "5", "500", MSFT),))
    found = risk_numbers(order(quantity="50"), where)
    assert found["worth"] == found["opened"] == 5000
    assert (found["gross before"], found["gross after"]) == (D(10_500), D(15_500))
    assert found["gross after / equity"] == D("0.155")
    assert (found["held AAPL"], found["at most AAPL"]) == (D(100), D(150))


def test_closing_opens_nothing_and_shrinks_the_book() -> None:
    where = context(holdings=held(holding(AAPL, "100", "10000")))
    found = risk_numbers(order(Side.SELL, "40"), where)
    assert (found["opened"], found["gross after"], found["at most AAPL"]) == (D(0), D(6000), D(60))


def test_numbers_that_are_not_known_are_left_out() -> None:
    found = risk_numbers(order(), context(markets={}, equity=None))
    assert found.keys() == {"gross before", "held AAPL", "at most AAPL"}


def test_a_combination_shows_each_leg() -> None:
    legs = (OrderLeg(CALL, Side.BUY), OrderLeg(HIGHER_CALL, Side.SELL, ratio=2))
    where = context(markets={CALL.symbol: market("5"), HIGHER_CALL.symbol: market("2")})
    found = risk_numbers(limit(Side.BUY, "1", "3", legs=legs), where)
    assert (found[f"at most {CALL.symbol}"], found[f"at most {HIGHER_CALL.symbol}"]) == (D(3), D(6))
    assert found["opened"] == 3 * 500 + 6 * 11_000  # what is written counts with its strike
