"""Laws that hold for any order and any account."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.risk.samples import AAPL, BTC, MSFT, NOW, PUT, context, facts, held, kept, market, order
from tieout.breakers import TradingState
from tieout.instruments import AssetClass, Instrument
from tieout.orders import Order, OrderType, Side, TimeInForce
from tieout.risk.approval import approval_need, risk_numbers
from tieout.risk.assess import assess
from tieout.risk.checks import RULES
from tieout.risk.codes import DenialCode
from tieout.risk.effect import only_reduces
from tieout.risk.limits import DayTradeRule, Limits
from tieout.risk.types import Holding, Reservation, RiskContext, SessionState

THINGS = (AAPL, MSFT, BTC, PUT)
OF_SIZE = frozenset(
    {
        DenialCode.ORDER_TOO_LARGE,
        DenialCode.POSITION_TOO_LARGE,
        DenialCode.ASSET_EXPOSURE,
        DenialCode.CLASS_EXPOSURE,
        DenialCode.SECTOR_EXPOSURE,
        DenialCode.LEVERAGE,
        DenialCode.CASH,
        DenialCode.BUYING_POWER,
        DenialCode.SHORT,
        DenialCode.TOO_MANY_POSITIONS,
        DenialCode.INTRADAY_MARGIN,
        DenialCode.REDUCE_ONLY,
    }
)
OF_EXPOSURE = OF_SIZE - {DenialCode.REDUCE_ONLY}

things = st.sampled_from(THINGS)
sides = st.sampled_from(Side)
amounts = st.decimals("0.01", "5000", places=2)
money = st.decimals("0", "500000", places=2)
signed = st.decimals("-3000", "3000", places=1)
anything = st.decimals(allow_nan=True, allow_infinity=True)
wild = st.one_of(anything, st.decimals("-1E+19", "1E+19"), st.just(Decimal("1E-29")))


@st.composite
def holdings(draw: st.DrawFn) -> Holding:
    thing, quantity = draw(things), draw(signed)
    today = draw(st.sampled_from([Decimal(0), quantity]))
    return Holding(thing, quantity, draw(st.none() | st.just(quantity * 100)), "tech", today)


@st.composite
def reservations(draw: st.DrawFn) -> Reservation:
    return kept(draw(sides), str(draw(amounts)), str(draw(money)), draw(things), in_buying_power=draw(st.booleans()))


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    pct = st.decimals("0.01", "1", places=2)
    return Limits(
        max_position_pct=draw(pct),
        max_asset_pct=draw(st.none() | pct),
        max_class_pct=draw(st.dictionaries(st.sampled_from(AssetClass), pct)),
        max_sector_pct=draw(st.none() | pct),
        max_leverage=draw(st.decimals("0.1", "4", places=1)),
        max_order_notional=draw(st.none() | money.filter(bool)),
        max_concurrent_positions=draw(st.integers(0, 4)),
        allow_short=draw(st.booleans()),
        settled_cash_only=draw(st.booleans()),
        min_convexity_score=draw(st.none() | pct),
        day_trade_rule=draw(st.sampled_from(DayTradeRule)),
        validate_orders=draw(st.booleans()),
        approve_above=draw(st.none() | money),
    )


@st.composite
def contexts(draw: st.DrawFn) -> RiskContext:
    maybe = st.none() | money
    quotes = {one.symbol: draw(st.none() | st.just(market("100"))) for one in THINGS}
    names = ("equity", "cash", "settled_cash", "buying_power", "day_start_equity", "margin_excess")
    known: dict[str, Any] = {name: draw(maybe) for name in names}
    return replace(
        context(),
        limits=draw(limits()),
        session=draw(st.sampled_from(SessionState)),
        holdings=held(*draw(st.lists(holdings(), max_size=4))),
        reservations=tuple(draw(st.lists(reservations(), max_size=3))),
        markets={symbol: quote for symbol, quote in quotes.items() if quote},
        facts={one.symbol: facts(one, sector=draw(st.sampled_from(["", "tech"]))) for one in THINGS},
        account_state=draw(st.sampled_from(TradingState)),
        trades_today=draw(st.none() | st.integers(0, 60)),
        day_trades=draw(st.none() | st.integers(0, 5)),
        **known,
    )


@st.composite
def orders(draw: st.DrawFn, price: st.SearchStrategy[Decimal | None] | None = None) -> Order:
    prices = price if price is not None else st.none() | st.decimals("50", "200", places=2)
    changed: dict[str, Any] = {
        name: draw(prices) for name in ("limit_price", "stop_price", "trail_amount", "take_profit", "stop_loss")
    }
    thing: Instrument = draw(things)
    return order(
        draw(sides),
        str(draw(amounts)),
        thing,
        order_type=draw(st.sampled_from(OrderType)),
        time_in_force=draw(st.sampled_from(TimeInForce)),
        **changed,
    )


@given(orders(st.none() | wild), contexts())
def test_an_order_is_always_judged_and_nothing_is_ever_raised(an_order: Order, where: RiskContext) -> None:
    found = assess(an_order, where)

    assert len({one.code for one in found}) == len(found)
    assert all(one.words for one in found)
    if any(one.code is DenialCode.BAD_NUMBER for one in found):
        return
    approval_need(an_order, where)
    risk_numbers(an_order, where)
    for rule in RULES:
        rule(an_order, where)


# Built, not filtered: from 1E-29 to 1E+19, any number of digits, either sign.
extreme = st.builds(
    lambda digits, exponent: Decimal(f"{digits}E{exponent}"), st.integers(1, 10**28), st.integers(-29, -9)
)
extreme_or_below_zero = st.builds(lambda one, minus: one.copy_negate() if minus else one, extreme, st.booleans())


@given(extreme, st.lists(extreme_or_below_zero, min_size=9, max_size=9), sides)
def test_extreme_numbers_are_judged_too(quantity: Decimal, numbers: list[Decimal], side: Side) -> None:
    try:
        equity, cash, power, worth, bid, ask, last, low, high = numbers
        where = context(
            equity=equity,
            cash=cash,
            buying_power=power,
            holdings=held(Holding(AAPL, last, worth)),
            markets={"AAPL": market("100", bid=bid, ask=ask, last=last, day_low=low, day_high=high)},
        )
    except ValueError:
        return
    assess(replace(order(side), quantity=quantity), where)
    assess(replace(order(side), quantity=quantity, order_type=OrderType.LIMIT, limit_price=abs(bid)), where)


@given(orders(), contexts(), st.fractions(0, 1))
def test_a_smaller_order_is_never_denied_for_its_size_where_the_larger_is_not(
    an_order: Order, where: RiskContext, part: Any
) -> None:
    smaller = (an_order.quantity * part.numerator / part.denominator) or an_order.quantity
    large = {one.code for one in assess(an_order, where)}
    small = {one.code for one in assess(replace(an_order, quantity=smaller), where)}

    assert small & OF_SIZE <= large


@given(orders(), contexts())
def test_what_reduce_only_lets_through_never_makes_a_position_larger(an_order: Order, where: RiskContext) -> None:
    """Neither does it cross zero, whatever part of it and of the others on its side trades."""
    where = replace(where, account_state=TradingState.REDUCE_ONLY)
    if any(one.code is DenialCode.REDUCE_ONLY for one in assess(an_order, where)):
        return
    before = where.held(an_order.instrument.symbol)
    after = before + an_order.side.sign * an_order.quantity

    assert abs(after) < abs(before)
    assert before * after >= 0


@given(orders(), contexts())
def test_an_order_that_only_reduces_is_not_denied_for_exposure(an_order: Order, where: RiskContext) -> None:
    if only_reduces(an_order, where):
        assert not {one.code for one in assess(an_order, where)} & OF_EXPOSURE


@given(orders(), contexts())
def test_a_halt_lets_nothing_through(an_order: Order, where: RiskContext) -> None:
    stopped = replace(where, account_state=TradingState.HALTED)
    assert DenialCode.HALTED in {one.code for one in assess(an_order, stopped)}


@given(orders(), contexts(), st.sampled_from(["equity", "buying_power", "day_start_equity", "trades_today", "cash"]))
def test_forgetting_a_fact_never_lets_an_order_pass(an_order: Order, where: RiskContext, fact: str) -> None:
    forgotten: dict[str, Any] = {fact: None}
    blind = replace(where, **forgotten)
    if assess(an_order, where):
        assert assess(an_order, blind)


@given(orders(), contexts())
def test_judging_again_gives_the_same(an_order: Order, where: RiskContext) -> None:
    assert where.now == NOW
    assert assess(an_order, where) == assess(an_order, where)
