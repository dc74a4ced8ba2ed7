"""Each rule lets the ordinary order pass and denies the one it is there for, in its own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.risk.samples import (
    AAPL,
    ACCOUNT,
    BTC,
    CALL,
    HIGHER_CALL,
    LOWER_PUT,
    MSFT,
    NOW,
    PUT,
    VENUE,
    codes,
    context,
    facts,
    held,
    holding,
    kept,
    limit,
    market,
    order,
)
from tieout.breakers import TradingState
from tieout.instruments import AssetClass, crypto, equity, option, perpetual
from tieout.orders import Order, OrderLeg, OrderType, Side, TimeInForce
from tieout.risk.assess import assess
from tieout.risk.checks import RULES
from tieout.risk.codes import DenialCode
from tieout.risk.limits import DayTradeRule
from tieout.risk.types import RiskContext, SessionState

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
LONG = held(holding(AAPL, "100", "10000"))
SHORT = held(holding(AAPL, "-100", "-10000"))


def legs(*given: tuple[Any, Side], price: str = "1", quantity: str = "1") -> Order:
    made = tuple(OrderLeg(instrument, side) for instrument, side in given)
    return limit(BUY, price, quantity, legs=made)


def test_an_ordinary_order_passes() -> None:
    assert codes(order(), context()) == []
    assert codes(limit(BUY, "100"), context()) == []
    assert codes(order(SELL, "100"), context(holdings=LONG)) == []


def test_every_denial_is_told_and_none_twice() -> None:
    found = codes(order(quantity="5000"), context(limits={"max_position_pct": D("0.1")}, equity=D(90_000)))
    assert {"order_too_large", "position_too_large", "leverage", "cash", "buying_power"} <= set(found)
    assert len(found) == len(set(found))


# Trading state


def test_a_dry_run_denies_what_would_pass() -> None:
    assert codes(order(), context(limits={"dry_run": True})) == ["dry_run"]


def test_a_halt_lets_nothing_through_and_flattening_only_what_closes() -> None:
    halted = context(account_state=TradingState.HALTED, holdings=LONG)
    assert codes(order(SELL, "100"), halted) == ["halted"]
    assert codes(order(SELL, "100"), replace(halted, flatten=True)) == []
    assert "reduce_only" in codes(order(SELL, "101"), replace(halted, flatten=True))
    assert codes(order(), replace(halted, flatten=True)) == ["reduce_only"]


def test_an_instrument_may_be_stopped_while_the_others_trade() -> None:
    where = context(instrument_states={"AAPL": TradingState.REDUCE_ONLY})
    assert codes(order(), where) == ["reduce_only"]
    assert codes(order(instrument=MSFT), where) == []


@pytest.mark.parametrize(
    ("holdings", "side", "quantity", "denied"),
    [
        (LONG, SELL, "100", False),
        (LONG, SELL, "100.5", True),
        (LONG, BUY, "1", True),
        (SHORT, BUY, "100", False),
        (SHORT, BUY, "101", True),
        (SHORT, SELL, "1", True),
        ({}, SELL, "1", True),
    ],
)
def test_reduce_only_lets_positions_shrink_and_not_cross_zero(
    holdings: dict[str, Any], side: Side, quantity: str, denied: bool
) -> None:
    where = context(account_state=TradingState.REDUCE_ONLY, holdings=holdings)
    assert ("reduce_only" in codes(order(side, quantity), where)) is denied


def test_two_sales_cannot_both_close_one_position() -> None:
    where = context(account_state=TradingState.REDUCE_ONLY, holdings=LONG, reservations=(kept(SELL, "60", "0"),))
    assert codes(order(SELL, "40"), where) == []
    assert "reduce_only" in codes(order(SELL, "41"), where)


def test_an_order_is_not_in_its_own_way() -> None:
    mine = kept(SELL, "100", "0", key=order().client_order_id)
    assert codes(order(SELL, "100"), context(holdings=LONG, reservations=(mine,))) == []


@pytest.mark.parametrize(("start", "code"), [("106000", "daily_loss"), ("105000", None)])
def test_a_day_that_lost_too_much_opens_nothing_more(start: str, code: str | None) -> None:
    where = context(day_start_equity=D(start), holdings=LONG)
    assert codes(order(quantity="1"), where) == ([code] if code else [])
    assert codes(order(SELL, "10"), where) == []


def test_a_drawdown_opens_nothing_more_unless_the_setting_says_so() -> None:
    assert codes(order(), context(peak_equity=D(125_000))) == ["drawdown"]
    assert codes(order(), context(peak_equity=D(125_000), limits={"halt_on_drawdown": False})) == []
    assert codes(order(), context(peak_equity=D(125_000), limits={"enable_circuit_breakers": False})) == []
    assert codes(order(), context(day_start_equity=D(200_000), limits={"halt_on_daily_loss": False})) == []


# Form


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"order_type": OrderType.LIMIT}, "needs a limit price"),
        ({"limit_price": D(100)}, "takes no limit price"),
        ({"order_type": OrderType.STOP}, "needs a stop price"),
        ({"order_type": OrderType.STOP_LIMIT, "stop_price": D(101)}, "needs a limit price"),
        ({"order_type": OrderType.TRAILING_STOP}, "needs one trail"),
        ({"trail_amount": D(1)}, "takes no one trail"),
        ({"order_type": OrderType.TRAILING_STOP, "trail_amount": D(1), "trail_percent": D("0.1")}, "not both"),
        ({"order_type": OrderType.TRAILING_STOP, "trail_percent": D(2)}, "write two percent as 0.02"),
        ({"order_type": OrderType.LIMIT, "limit_price": D(0)}, "limit_price must be above zero"),
        ({"take_profit": D(90), "stop_loss": D(110)}, "wrong sides"),
        ({"order_type": OrderType.STOP, "stop_price": D(101), "time_in_force": TimeInForce.OPEN}, "auction"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_the_reason(changed: dict[str, Any], words: str) -> None:
    found = [one for one in assess(order(**changed), context()) if one.code is DenialCode.INVALID_ORDER]
    assert len(found) == 1
    assert words in found[0].words


def test_a_bracket_takes_its_profit_on_the_side_of_its_gain() -> None:
    assert codes(order(take_profit=D(110), stop_loss=D(90)), context()) == []
    exit_ = order(SELL, "100", take_profit=D(110), stop_loss=D(90), is_exit=True)
    assert codes(exit_, context(holdings=LONG)) == []


def test_numbers_that_are_none_are_told_alone() -> None:
    for price in ("NaN", "Infinity", "1E+30", "1E-40"):
        assert codes(limit(BUY, price), context()) == ["bad_number"]


def test_a_symbol_that_the_venue_does_not_know_is_refused() -> None:
    assert "unknown_instrument" in codes(order(instrument=equity("NOPE")), context())


def test_what_is_not_traded_is_refused() -> None:
    off = context(facts={"AAPL": facts(AAPL, tradable=False)})
    assert codes(order(), off) == ["not_tradable"]
    assert "not_tradable" in codes(order(), context(venue=replace(VENUE, asset_classes=frozenset())))
    old = option("AAPL260116P00150000")
    assert "expired_instrument" in codes(order(instrument=old, quantity="1"), context())


@pytest.mark.parametrize(
    ("changed", "denied"),
    [
        ({"order_types": frozenset({OrderType.LIMIT})}, True),
        ({"times_in_force": frozenset({TimeInForce.GTC})}, True),
        ({"order_types": frozenset({OrderType.MARKET}), "times_in_force": frozenset({TimeInForce.DAY})}, False),
    ],
)
def test_the_venue_must_take_the_type_and_the_time_in_force(changed: dict[str, Any], denied: bool) -> None:
    where = context(venue=replace(VENUE, **changed))
    assert codes(order(), where) == (["unsupported_order"] if denied else [])


def test_combinations_need_a_venue_that_has_them() -> None:
    spread = legs((CALL, BUY), (HIGHER_CALL, SELL))
    allowed = context(limits={"allow_short": True, "max_leverage": D(3)})
    assert codes(spread, allowed) == []
    assert codes(spread, replace(allowed, venue=replace(VENUE, multi_leg=False))) == ["unsupported_order"]


@pytest.mark.parametrize(
    ("session", "changed", "limits", "denied"),
    [
        (SessionState.OPEN, {}, {}, False),
        (SessionState.CLOSED, {}, {}, True),
        (SessionState.CLOSED, {}, {"queue_when_closed": True}, False),
        (SessionState.CLOSED, {"time_in_force": TimeInForce.IOC}, {"queue_when_closed": True}, True),
        (SessionState.CLOSED, {"time_in_force": TimeInForce.OPEN}, {}, False),
        (SessionState.OPEN, {"time_in_force": TimeInForce.OPEN}, {}, True),
        (SessionState.OPEN, {"time_in_force": TimeInForce.CLOSE}, {}, False),
        (SessionState.POST, {"time_in_force": TimeInForce.CLOSE}, {}, True),
        (SessionState.PRE, {}, {"extended_hours": True}, True),
        (SessionState.PRE, {"extended_hours": True}, {"extended_hours": True}, True),
    ],
)
def test_the_market_must_be_open_or_the_order_may_wait(
    session: SessionState, changed: dict[str, Any], limits: dict[str, Any], denied: bool
) -> None:
    where = context(session=session, limits=limits)
    assert ("market_closed" in codes(order(**changed), where)) is denied


def test_extended_hours_need_a_limit_a_permission_and_a_venue() -> None:
    an_order = limit(BUY, "100", extended_hours=True)
    allowed = context(session=SessionState.PRE, limits={"extended_hours": True})
    assert codes(an_order, allowed) == []
    assert codes(an_order, context(session=SessionState.PRE)) == ["market_closed"]
    assert codes(an_order, replace(allowed, venue=replace(VENUE, extended_hours=False))) == ["market_closed"]
    assert codes(an_order, replace(allowed, session=SessionState.CLOSED)) == ["market_closed"]


def test_parts_of_a_unit_need_venue_instrument_and_a_day_order() -> None:
    part = order(quantity="0.5")
    assert codes(part, context()) == []
    assert codes(part, context(venue=replace(VENUE, fractional=frozenset()))) == ["fractional"]
    assert codes(part, context(facts={"AAPL": facts(AAPL, fractionable=False)})) == ["fractional"]
    assert codes(replace(part, time_in_force=TimeInForce.GTC), context()) == ["fractional"]
    assert codes(order(quantity="0.5", instrument=BTC, time_in_force=TimeInForce.GTC), context()) == []


def test_lots_ticks_and_the_least_order_are_kept() -> None:
    lots = context(facts={"AAPL": facts(AAPL, lot=D(100), min_notional=D(5))})
    assert codes(order(quantity="50"), lots) == ["lot"]
    assert codes(limit(BUY, "100.001"), context()) == ["tick"]
    small = context(facts={"AAPL": facts(AAPL, min_notional=D(5))})
    assert codes(order(quantity="0.04"), small) == ["min_notional"]
    assert codes(order(SELL, "0.04"), replace(small, holdings=held(holding(AAPL, "0.04", "4")))) == []


def test_without_a_tick_of_the_venue_shares_have_that_of_the_law_and_coins_none_is_known() -> None:
    plain = context(facts={"AAPL": facts(AAPL, tick=None), BTC.symbol: facts(BTC, tick=None)})
    assert codes(limit(BUY, "100.01"), plain) == []
    assert codes(limit(BUY, "100.001"), plain) == ["tick"]
    cheap = replace(plain, markets={"AAPL": market("0.5")})
    assert codes(limit(BUY, "0.5001"), cheap) == []
    assert codes(limit(BUY, "0.50001"), cheap) == ["tick"]
    assert codes(limit(BUY, "100", instrument=BTC), plain) == ["no_tick"]


def test_unchecked_orders_leave_their_form_to_the_venue_and_nothing_else() -> None:
    loose = {"validate_orders": False}
    bad = limit(BUY, "100.001", "0.5", time_in_force=TimeInForce.GTC)
    assert set(codes(bad, context())) == {"tick", "fractional"}
    assert codes(bad, context(limits=loose)) == []
    assert "position_too_large" in codes(order(quantity="900"), context(limits=loose))
    assert codes(order(), context(limits=loose, account_state=TradingState.HALTED)) == ["halted"]


# Prices


@pytest.mark.parametrize(
    ("side", "price", "denied"),
    [
        (BUY, "105", False),
        (BUY, "105.01", True),
        (SELL, "95", False),
        (SELL, "94.99", True),
        (BUY, "51", False),
        (BUY, "49", True),
    ],
)
def test_a_limit_stays_near_the_market(side: Side, price: str, denied: bool) -> None:
    where = context(holdings=LONG, limits={"day_range_pct": None})
    assert codes(limit(side, price), where) == (["collar"] if denied else [])


def test_a_stop_limit_is_measured_from_its_stop() -> None:
    where = context(limits={"day_range_pct": None})
    kind = OrderType.STOP_LIMIT
    assert codes(order(order_type=kind, stop_price=D(110), limit_price=D(112)), where) == []
    assert codes(order(order_type=kind, stop_price=D(110), limit_price=D(120)), where) == ["collar"]
    assert codes(order(order_type=OrderType.STOP, stop_price=D(160)), where) == ["collar"]


def test_nobody_pays_far_more_than_the_day_has_seen() -> None:
    wide = context(limits={"collar_pct": D("0.5")}, holdings=LONG)
    assert codes(limit(BUY, "106.05"), wide) == []
    assert codes(limit(BUY, "106.06"), wide) == ["day_range"]
    assert codes(limit(SELL, "94"), wide) == ["day_range"]
    odd = market("100", day_low=D(50), day_high=D(60))
    assert codes(order(), context(markets={"AAPL": odd})) == ["day_range"], "a quote outside its own day"


# Exposure


def test_a_position_is_bounded_with_what_is_held_and_what_may_still_trade() -> None:
    assert codes(order(quantity="200"), context()) == []
    assert codes(order(quantity="201"), context()) == ["position_too_large"]
    assert codes(order(quantity="101"), context(holdings=LONG)) == ["position_too_large"]
    other = (kept(BUY, "100", "10000"),)
    assert codes(order(quantity="101"), context(reservations=other)) == ["position_too_large"]


def test_crossing_zero_counts_the_new_side_only() -> None:
    where = context(holdings=LONG, limits={"allow_short": True})
    assert codes(order(SELL, "300"), where) == []
    assert codes(order(SELL, "301"), where) == ["position_too_large"]


def test_one_underlying_counts_by_all_its_instruments() -> None:
    where = context(limits={"max_asset_pct": D("0.15")}, holdings=held(holding(PUT, "2", "10000")))
    assert codes(order(quantity="50"), where) == []
    assert codes(order(quantity="51"), where) == ["asset_exposure"]
    assert codes(order(quantity="51", instrument=MSFT), where) == []


def test_classes_and_sectors_have_their_bounds() -> None:
    classes = context(limits={"max_class_pct": {AssetClass.EQUITY: D("0.12")}}, holdings=LONG)
    assert codes(order(quantity="20", instrument=MSFT), classes) == []
    assert codes(order(quantity="21", instrument=MSFT), classes) == ["class_exposure"]
    sectors = context(limits={"max_sector_pct": D("0.12")}, holdings=LONG)
    assert codes(order(quantity="21", instrument=MSFT), sectors) == ["sector_exposure"]
    nameless = replace(sectors, facts={"MSFT": facts(MSFT, sector="")})
    assert codes(order(instrument=MSFT), nameless) == ["no_sector"]


def test_leverage_adds_long_and_short_up() -> None:
    book = held(holding(MSFT, "-500", "-50000"), holding(equity("IBM"), "400", "40000"))
    assert codes(order(quantity="100"), context(holdings=book)) == []
    assert codes(order(quantity="101"), context(holdings=book)) == ["leverage"]
    geared = context(holdings=book, limits={"max_leverage": D(2)})
    assert codes(order(quantity="101"), geared) == []


def test_one_order_has_a_largest_size() -> None:
    assert codes(order(quantity="11"), context(limits={"max_order_notional": D(1000)})) == ["order_too_large"]
    assert codes(order(quantity="11"), context(limits={"max_order_notional": None})) == []


def test_a_put_that_is_written_counts_with_its_strike() -> None:
    where = context(limits={"allow_short": True})
    assert codes(order(SELL, "2", PUT), where) == []
    assert codes(order(SELL, "3", PUT), where) == ["position_too_large"]


def test_positions_are_counted_with_those_that_may_still_open() -> None:
    two = {"max_concurrent_positions": 2}
    assert codes(order(), context(limits=two, holdings=held(holding(MSFT, "1", "100")))) == []
    full = context(limits=two, holdings=held(holding(MSFT, "1", "100")), reservations=(kept(BUY, "1", "100", PUT),))
    assert codes(order(), full) == ["too_many_positions"]
    assert codes(order(instrument=MSFT), full) == []


# Funds


def test_cash_is_counted_less_what_other_orders_keep() -> None:
    poor = context(cash=D(2000))
    assert codes(order(quantity="19"), poor) == []
    assert codes(order(quantity="20"), poor) == ["cash"], "a market order may cost two percent more"
    assert codes(limit(BUY, "100", "20"), poor) == []
    other = replace(poor, reservations=(kept(BUY, "1", "100", MSFT),))
    assert codes(limit(BUY, "100", "20"), other) == ["cash"]
    assert codes(limit(BUY, "100", "20"), replace(poor, limits=replace(poor.limits, max_leverage=D(2)))) == []


def test_purchases_may_have_to_wait_for_settlement() -> None:
    where = context(limits={"settled_cash_only": True}, settled_cash=D(500))
    assert codes(order(), where) == ["cash"]
    assert codes(order(), replace(where, settled_cash=None)) == ["no_cash"]


def test_buying_power_is_less_what_the_broker_does_not_know_yet() -> None:
    where = context(buying_power=D(2000))
    known = replace(where, reservations=(kept(BUY, "5", "500", MSFT, in_buying_power=True),))
    unknown = replace(where, reservations=(kept(BUY, "5", "500", MSFT),))
    assert codes(limit(BUY, "100", "20"), known) == []
    assert codes(limit(BUY, "100", "20"), unknown) == ["buying_power"]


def test_selling_what_is_not_there_needs_a_permission_and_a_lender() -> None:
    allowed = {"allow_short": True}
    assert codes(order(SELL), context()) == ["short"]
    assert codes(order(SELL), context(limits=allowed)) == []
    assert codes(order(SELL), context(limits=allowed, facts={"AAPL": facts(AAPL, shortable=False)})) == ["short"]
    assert codes(order(SELL, instrument=BTC), context(limits=allowed)) == ["short"]


def test_a_spread_needs_what_it_can_lose() -> None:
    allowed = {"allow_short": True, "max_leverage": D(1), "max_position_pct": D(1)}
    debit = legs((CALL, BUY), (HIGHER_CALL, SELL), price="3")
    assert "cash" not in codes(debit, context(limits=allowed, cash=D(300)))
    assert "cash" in codes(debit, context(limits=allowed, cash=D("299.99")))
    credit = legs((PUT, SELL), (LOWER_PUT, BUY), price="-4")
    assert "cash" not in codes(credit, context(limits=allowed, cash=D(600)))
    assert "cash" in codes(credit, context(limits=allowed, cash=D(599)))
    naked = legs((CALL, SELL), (HIGHER_CALL, SELL), price="-4")
    assert "cash" in codes(naked, context(limits=allowed, cash=D(15_000))), "its loss has no bound"


# Activity, crypto, day trades


def test_trades_of_a_day_are_counted() -> None:
    assert codes(order(), context(trades_today=50)) == ["too_many_trades"]
    assert codes(order(SELL), context(trades_today=50, holdings=LONG)) == []


@pytest.mark.parametrize(("score", "found"), [(D("0.1"), []), (D("0.09"), ["convexity"]), (None, ["no_convexity"])])
def test_a_signal_brings_the_score_that_is_asked_for(score: Decimal | None, found: list[str]) -> None:
    assert codes(order(), context(limits={"min_convexity_score": D("0.1")}, convexity_score=score)) == found
    assert codes(order(), context(convexity_score=score)) == []


def test_crypto_has_bounds_of_its_own() -> None:
    coin = order(quantity="101", instrument=BTC)
    assert codes(coin, context()) == ["position_too_large"]
    assert codes(replace(coin, quantity=D(100)), context()) == []
    assert codes(order(instrument=BTC), context(limits={"enable_crypto": False})) == ["crypto_disabled"]
    assert codes(order(instrument=BTC), context(limits={"crypto_symbols": ("ETH/USD",)})) == ["crypto_symbol"]
    off = context(limits={"enable_crypto": False}, holdings=held(holding(BTC, "10", "1000")))
    assert codes(order(SELL, instrument=BTC), off) == [], "what is held may always be sold"


def day_trade(**changed: Any) -> RiskContext:
    bought_today = held(holding(AAPL, "10", "1000", opened_today=D(10)))
    small: dict[str, Any] = {
        "equity": D(20_000),
        "day_start_equity": D(20_000),
        "peak_equity": D(20_000),
        "holdings": bought_today,
    }
    small |= {"account": replace(ACCOUNT, broker="ibkr"), "day_trades": 3}
    return context(**(small | changed))


def test_under_the_old_rule_a_small_account_makes_no_fourth_day_trade() -> None:
    assert codes(order(SELL), day_trade()) == ["pattern_day_trader"]
    assert codes(order(SELL), day_trade(day_trades=2)) == []
    assert codes(order(SELL), day_trade(day_trades=None)) == ["no_day_trades"]
    assert codes(order(SELL), day_trade(equity=D(25_000))) == []
    assert codes(order(SELL), day_trade(holdings=LONG)) == [], "it was not bought today"


@pytest.mark.parametrize(
    ("changed", "limits", "denied"),
    [
        ({"now": datetime(2027, 10, 20, 15, tzinfo=UTC)}, {}, False),
        ({"now": datetime(2027, 10, 19, 15, tzinfo=UTC)}, {}, True),
        ({}, {"intraday_margin_from": date(2026, 11, 20)}, False),
        ({}, {"intraday_margin_from": date(2026, 11, 21)}, True),
        ({"account": ACCOUNT}, {}, False),
        ({"account": ACCOUNT, "now": datetime(2026, 6, 3, 15, tzinfo=UTC)}, {}, True),
        ({"account": ACCOUNT, "now": datetime(2026, 6, 4, 15, tzinfo=UTC)}, {}, False),
        ({"account": replace(ACCOUNT, broker="oanda")}, {}, False),
        ({}, {"day_trade_rule": DayTradeRule.NONE}, False),
        ({"account": ACCOUNT}, {"day_trade_rule": DayTradeRule.PATTERN}, True),
    ],
)
def test_the_day_trade_rule_is_a_matter_of_broker_and_date(
    changed: dict[str, Any], limits: dict[str, Any], denied: bool
) -> None:
    now = changed.get("now", NOW)
    quotes = {"AAPL": market("100", seen_at=now)}
    found = codes(order(SELL), day_trade(**({"markets": quotes, "limits": limits} | changed)))
    assert found == (["pattern_day_trader"] if denied else [])


def test_under_the_new_rule_no_order_makes_an_intraday_margin_deficit() -> None:
    geared = context(
        limits={"max_leverage": D(4), "max_position_pct": D(4), "max_order_notional": None},
        buying_power=D(400_000),
        margin_excess=D(50_000),
    )
    assert codes(order(quantity="2000"), geared) == []
    assert codes(order(quantity="2001"), geared) == ["intraday_margin"]
    assert codes(order(quantity="1001"), replace(geared, margin_excess=None)) == ["no_margin"]
    paid = codes(order(quantity="1000"), replace(geared, margin_excess=None))
    assert paid == [], "what is paid for in full borrows nothing"


@pytest.mark.parametrize(("price", "most"), [("100", 1666), ("10", 10_000), ("4", 12_500), ("2", 20_000)])
def test_cheap_shares_sold_short_need_more_margin(price: str, most: int) -> None:
    where = context(
        limits={"max_leverage": D(9), "max_position_pct": D(1), "max_order_notional": None, "allow_short": True},
        holdings=held(holding(MSFT, "2000", "200000")),
        buying_power=D(900_000),
        margin_excess=D(50_000),
        markets={"AAPL": market(price)},
    )
    found = [codes(order(SELL, str(most + more)), where) for more in (0, 1)]
    denied = [["intraday_margin" in one for one in found]]
    assert denied == [[False, True]]


# Missing facts


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"markets": {}}, "no_quote"),
        ({"markets": {"AAPL": market("100", bid=None, ask=None, last=None)}}, "no_quote"),
        ({"markets": {"AAPL": market("100", seen_at=NOW - timedelta(minutes=16))}}, "stale_quote"),
        ({"markets": {"AAPL": market("100", seen_at=NOW + timedelta(minutes=16))}}, "stale_quote"),
        ({"markets": {"AAPL": market("100", day_low=None)}}, "no_day_range"),
        ({"equity": None}, "no_equity"),
        ({"equity": D(0)}, "no_equity"),
        ({"day_start_equity": None}, "no_day_start"),
        ({"peak_equity": None}, "no_peak"),
        ({"cash": None}, "no_cash"),
        ({"buying_power": None}, "no_buying_power"),
        ({"trades_today": None}, "no_trade_count"),
        ({"holdings": held(holding(MSFT, "1", None))}, "no_value"),
        ({"facts": {}}, "unknown_instrument"),
    ],
)
def test_a_fact_that_is_missing_denies_the_order(changed: dict[str, Any], code: str) -> None:
    assert code in codes(order(), context(**changed))


def test_another_currency_needs_its_rate() -> None:
    abroad = equity("SAP", "EUR")
    where = context(facts={"SAP": facts(abroad)}, markets={"SAP": market("100")})
    assert codes(order(instrument=abroad), where) == ["no_rate"]
    assert codes(order(quantity="150", instrument=abroad), replace(where, rates={"EUR": D("1.2")})) == []
    assert codes(order(quantity="180", instrument=abroad), replace(where, rates={"EUR": D("1.2")})) == [
        "position_too_large"
    ]


def test_a_position_in_another_currency_weighs_what_it_is_worth_in_ours() -> None:
    abroad = equity("SAP", "EUR")
    holdings = held(holding(abroad, "100", "80000"))
    assert "no_rate" in codes(order(), context(holdings=holdings))
    assert codes(order(quantity="100"), context(holdings=holdings, rates={"EUR": D("1.1")})) == []
    assert codes(order(quantity="130"), context(holdings=holdings, rates={"EUR": D("1.1")})) == ["leverage"]


def test_an_inverse_contract_weighs_its_units_whatever_its_price() -> None:
    inverse = perpetual("BTC", "USD", "BTC")
    where = context(
        facts={inverse.symbol: facts(inverse)},
        markets={inverse.symbol: market("60000")},
        venue=replace(VENUE, asset_classes=VENUE.asset_classes | {AssetClass.PERPETUAL}),
        rates={"USD": D(1)},
    )
    assert codes(order(quantity="9000", instrument=inverse), where) == []
    assert codes(order(quantity="11000", instrument=inverse), where) == ["position_too_large"]


def test_getting_out_at_the_market_needs_no_equity_and_no_quote() -> None:
    blind = context(
        holdings=LONG, markets={}, equity=None, cash=None, buying_power=None, day_start_equity=None, trades_today=None
    )
    assert codes(order(SELL, "100"), blind) == []


@pytest.mark.parametrize("price", ["NaN", "Infinity", "-1E+25"])
def test_a_context_of_nonsense_cannot_be_made(price: str) -> None:
    with pytest.raises(ValueError, match="no usable number"):
        context(equity=D(price))
    with pytest.raises(ValueError, match="no usable number"):
        market("100", bid=D(price))


def test_rules_have_names_and_sentences_of_their_own() -> None:
    assert len({one.name for one in RULES}) == len(RULES)
    assert all(one.says.endswith(".") and one.codes for one in RULES)


def test_every_code_is_denied_by_some_rule_or_tells_of_a_missing_fact() -> None:
    told = {code for one in RULES for code in one.codes} | {DenialCode.BAD_NUMBER}
    rest = set(DenialCode) - told
    assert all(one.value.startswith("no_") or one is DenialCode.STALE_QUOTE for one in rest)


def test_a_coin_quoted_in_another_coin_is_weighed_in_the_base_currency() -> None:
    pair = crypto("ETH", "BTC")
    where = context(facts={pair.symbol: facts(pair)}, markets={pair.symbol: market("0.05")}, rates={"BTC": D(100_000)})
    assert codes(order(quantity="2", instrument=pair), where) == []
    assert codes(order(quantity="3", instrument=pair), where) == ["position_too_large"]
