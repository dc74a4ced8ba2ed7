"""Sizes are what their formula says, rounded down, and never more than the largest position."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.risk.samples import AAPL, BTC, CALL
from tieout.errors import DataError
from tieout.money import WIDE
from tieout.risk.limits import Limits, Sizing
from tieout.risk.sizing import Edge, SizingFacts, full_kelly, size
from tieout.risk.target import Target, kelly_cap, planned_growth, required_growth

D = Decimal
ROOM = Limits(max_position_pct=D(1))
FACTS = SizingFacts(
    AAPL, equity=D(100_000), price=D(100), stop=D(95), atr=D(2), edge=Edge(mean=D("0.001"), variance=D("0.0004"))
)


def test_fixed_fractional_loses_its_share_at_the_stop() -> None:
    assert size(FACTS, ROOM) == 200  # 1 % of 100,000 over 5 a share


def test_a_stop_above_the_price_sizes_a_short_position_alike() -> None:
    assert size(replace(FACTS, stop=D(105)), ROOM) == 200


def test_a_nervous_instrument_gets_fewer_units() -> None:
    assert size(FACTS, ROOM, Sizing.ATR) == 250  # 1 % over two ranges of 2
    assert size(replace(FACTS, atr=D(4)), ROOM, Sizing.ATR) == 125


def test_contracts_count_with_their_multiplier() -> None:
    contract = replace(FACTS, instrument=CALL, price=D(5), stop=D("2.5"))
    assert size(contract, ROOM) == 4  # 1,000 over 250 a contract


def test_another_currency_is_reckoned_at_its_rate() -> None:
    assert size(replace(FACTS, rate=D("1.25")), ROOM) == 160


def test_the_settings_choose_where_the_strategy_does_not() -> None:
    assert size(FACTS, replace(ROOM, sizing=Sizing.ATR)) == size(FACTS, ROOM, Sizing.ATR)


def test_a_size_is_rounded_down_to_the_lot_and_to_nothing_where_no_lot_fits() -> None:
    assert size(replace(FACTS, lot=D(150)), ROOM) == 150
    assert size(replace(FACTS, lot=D(201)), ROOM) == 0
    assert size(replace(FACTS, stop=D(97), lot=D("0.001")), ROOM) == D("333.333")


def test_no_size_is_above_the_largest_position() -> None:
    near = replace(FACTS, stop=D("99.99"))
    assert size(near, Limits()) == 200  # a fifth of 100,000
    assert size(replace(near, instrument=BTC), Limits()) == 100  # a tenth: crypto


@pytest.mark.parametrize(
    ("edge", "full"),
    [
        (Edge(win_probability=D("0.6"), payoff=D(1)), D("0.2")),
        (Edge(win_probability=D("0.5"), payoff=D(2)), D("0.25")),
        (Edge(win_probability=D("0.4"), payoff=D(1)), D(0)),
        (Edge(mean=D("0.001"), variance=D("0.0004")), D("2.5")),
        (Edge(mean=D("-0.001"), variance=D("0.0004")), D(0)),
    ],
)
def test_full_kelly_is_as_published_and_nothing_without_an_edge(edge: Edge, full: Decimal) -> None:
    assert full_kelly(edge) == full


def test_a_share_of_kelly_is_bet() -> None:
    assert size(FACTS, ROOM, Sizing.KELLY) == 625  # a quarter of 2.5 times the equity
    bet = replace(FACTS, edge=Edge(win_probability=D("0.6"), payoff=D(1)))
    assert size(bet, ROOM, Sizing.KELLY) == 50


@pytest.mark.parametrize(
    ("method", "changed", "words"),
    [
        (Sizing.FIXED_FRACTIONAL, {"equity": D(0)}, "equity must be above zero"),
        (Sizing.FIXED_FRACTIONAL, {"equity": D(-1)}, "equity must be above zero"),
        (Sizing.FIXED_FRACTIONAL, {"price": D(0)}, "price must be above zero"),
        (Sizing.FIXED_FRACTIONAL, {"price": D("NaN")}, "price is no usable number"),
        (Sizing.FIXED_FRACTIONAL, {"equity": D("Infinity")}, "equity is no usable number"),
        (Sizing.FIXED_FRACTIONAL, {"lot": D(0)}, "lot must be above zero"),
        (Sizing.FIXED_FRACTIONAL, {"rate": D(0)}, "rate must be above zero"),
        (Sizing.FIXED_FRACTIONAL, {"stop": None}, "needs the price of the stop"),
        (Sizing.FIXED_FRACTIONAL, {"stop": D(100)}, "lies at the price itself"),
        (Sizing.FIXED_FRACTIONAL, {"stop": D(-1)}, "stop must be above zero"),
        (Sizing.ATR, {"atr": None}, "needs the average true range"),
        (Sizing.ATR, {"atr": D(0)}, "range must be above zero"),
        (Sizing.KELLY, {"edge": None}, "needs the strategy's edge"),
        (Sizing.KELLY, {"edge": Edge()}, "needs a win probability with its payoff"),
        (Sizing.KELLY, {"edge": Edge(mean=D(1))}, "or a mean return with its variance"),
        (Sizing.KELLY, {"edge": Edge(mean=D(1), variance=D(0))}, "variance must be above zero"),
        (Sizing.KELLY, {"edge": Edge(win_probability=D("1.1"), payoff=D(1))}, "between 0 and 1"),
        (Sizing.KELLY, {"edge": Edge(win_probability=D("0.6"), payoff=D(0))}, "payoff must be above zero"),
    ],
)
def test_nothing_is_sized_from_a_guess(method: Sizing, changed: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        size(replace(FACTS, **changed), ROOM, method)


positive = st.decimals("0.0001", "1000000", places=4).filter(lambda one: one > 0)
fractions = st.decimals("0", "1", places=3)


@given(positive, positive, positive, positive, positive, positive, fractions, fractions, st.sampled_from(Sizing))
def test_no_size_exceeds_the_largest_share_of_equity(
    equity: Decimal,
    price: Decimal,
    stop: Decimal,
    atr: Decimal,
    lot: Decimal,
    mean: Decimal,
    most: Decimal,
    kelly: Decimal,
    method: Sizing,
) -> None:
    edge = Edge(mean=mean, variance=D("0.04"))
    facts = SizingFacts(CALL, equity, price, rate=D("1.1"), lot=lot, stop=stop, atr=atr, edge=edge)
    try:
        found = size(facts, Limits(max_position_pct=most, kelly_fraction=kelly), method)
    except DataError:
        assert stop == price
        return
    with localcontext(WIDE):
        assert 0 <= found * price * CALL.multiplier * D("1.1") <= equity * most
        assert found % lot == 0


# The target

WISH = Target(D(200_000), D(100_000), 252, 252)


def test_the_growth_that_a_target_asks_for_is_told() -> None:
    doubled = D(2).ln() / 252
    assert planned_growth(WISH) == pytest.approx(doubled)
    assert required_growth(WISH, D(100_000)) == pytest.approx(doubled)
    assert required_growth(replace(WISH, days_left=1), D(100_000)) == pytest.approx(D(2).ln())
    assert required_growth(WISH, D(200_000)) == 0
    with pytest.raises(ValueError, match="nothing grows out of 0"):
        required_growth(WISH, D(0))


def test_a_target_needs_all_three_settings() -> None:
    limits = Limits(target_wealth=D(2), starting_capital=D(1), time_horizon_days=10)
    assert Target.of(limits) == Target(D(2), D(1), 10, 10)
    assert Target.of(limits, 3) == Target(D(2), D(1), 10, 3)
    assert Target.of(limits, -3) == Target(D(2), D(1), 10, 0)
    for name in ("target_wealth", "starting_capital", "time_horizon_days"):
        without: dict[str, Any] = {name: None}
        assert Target.of(replace(limits, **without)) is None


def test_a_target_within_reach_holds_the_bet_back_and_one_out_of_reach_never_pushes_it() -> None:
    near = replace(ROOM, target_wealth=D(110_000), starting_capital=D(100_000), time_horizon_days=252)
    held_back, free = size(FACTS, near, Sizing.KELLY), size(FACTS, ROOM, Sizing.KELLY)
    assert 0 < held_back < free
    far = replace(near, target_wealth=D(100_000_000))
    assert size(FACTS, far, Sizing.KELLY) == free
    reached = replace(near, target_wealth=D(90_000))
    assert size(FACTS, reached, Sizing.KELLY) == 0


def test_the_cap_is_what_the_expected_growth_needs() -> None:
    mean, variance = D("0.001"), D("0.0004")
    cap = kelly_cap(replace(WISH, wealth=D(110_000)), D(100_000), mean, variance)
    assert cap is not None
    growth = (cap - cap * cap / 2) * mean * mean / variance
    assert growth * 252 == pytest.approx(D("1.1").ln())
    assert kelly_cap(WISH, D(100_000), None, None) is None
    assert kelly_cap(WISH, D(100_000), D(0), variance) is None
