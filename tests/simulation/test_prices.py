"""Prices: the same seed gives the same ones, and replayed bars give theirs."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.bars import Bar, read_bars, read_bars_csv
from simulator.prices import BarReplay, OptionModel, SeededWalk, constant, intrinsic, rounded
from tests.simulation.world import ALWAYS, CALL, NYSE, PUT, WEDNESDAY, WEDNESDAY_OPEN
from tieout.errors import Malformed
from tieout.instruments import equity
from tieout.options.osi import OptionRight

FIRST = date(2026, 1, 14)
MINUTE = timedelta(minutes=1)


def a_walk(seed: int = 1, symbol: str = "KO", **terms: object) -> SeededWalk:
    return SeededWalk(symbol, seed, Decimal(60), NYSE, FIRST, **terms)  # type: ignore[arg-type]


def moments(count: int) -> list[datetime]:
    return [WEDNESDAY_OPEN + timedelta(hours=3 * n) for n in range(count)]


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_a_seed_gives_the_same_prices_in_whatever_order_they_are_asked(seed: int) -> None:
    one, other = a_walk(seed), a_walk(seed)

    forwards = [one.at(moment) for moment in moments(20)]
    backwards = [other.at(moment) for moment in reversed(moments(20))]

    assert forwards == backwards[::-1]


def test_another_seed_or_symbol_gives_other_prices() -> None:
    paths = {tuple(walk.at(m).price for m in moments(20)) for walk in (a_walk(1), a_walk(2), a_walk(1, "PEP"))}

    assert len(paths) == 3


@given(st.integers(0, 500), st.decimals("0.05", "3", places=2))
@settings(max_examples=15, deadline=None)
def test_prices_are_above_zero_and_on_their_grid(seed: int, volatility: Decimal) -> None:
    walk = a_walk(seed, volatility=volatility, tick=Decimal("0.05"))

    for tick in walk.between(WEDNESDAY_OPEN, WEDNESDAY_OPEN + timedelta(days=3)):
        assert tick.price > 0
        assert tick.price % Decimal("0.05") == 0


def test_a_price_stands_from_the_close_to_the_next_open() -> None:
    walk = a_walk()
    close = NYSE.closes_at(FIRST)

    evening, night = walk.at(close + MINUTE), walk.at(NYSE.opens_at(date(2026, 1, 15)) - MINUTE)

    assert evening == night
    assert evening.at < close


def test_before_the_first_session_the_starting_price_stands() -> None:
    assert a_walk().at(WEDNESDAY_OPEN - timedelta(days=30)).price == Decimal(60)


def test_the_ticks_between_two_moments_are_those_that_stand_there() -> None:
    walk = a_walk()
    until = WEDNESDAY_OPEN + timedelta(days=1, hours=2)

    ticks = list(walk.between(WEDNESDAY_OPEN, until))

    assert [tick.at for tick in ticks] == sorted({tick.at for tick in ticks})
    assert all(WEDNESDAY_OPEN < tick.at < until for tick in ticks)
    assert all(walk.at(tick.at) == tick for tick in ticks)
    assert len(ticks) == 77 + 24


def test_a_market_that_never_closes_ticks_through_the_weekend() -> None:
    walk = SeededWalk("BTC/USD", 1, Decimal(90_000), ALWAYS, FIRST, steps=24)
    saturday = datetime(2026, 1, 17, tzinfo=UTC)

    assert len(list(walk.between(saturday, saturday + timedelta(days=1)))) == 23


def test_a_split_divides_the_prices_from_its_day_on() -> None:
    plain, split = a_walk(), a_walk()
    split.reprice(date(2026, 1, 15), ratio=Decimal(4))

    before, after = NYSE.closes_at(FIRST), NYSE.closes_at(date(2026, 1, 15))

    assert split.at(before) == plain.at(before)
    assert abs(split.at(after).price * 4 - plain.at(after).price) <= Decimal("0.04")


def test_prices_that_were_seen_do_not_change_any_more() -> None:
    walk = a_walk()
    walk.at(WEDNESDAY)

    with pytest.raises(ValueError, match="have been seen"):
        walk.reprice(FIRST, ratio=Decimal(4))


prices = st.decimals("0.01", "1000", places=2)


@st.composite
def bar_lists(draw: st.DrawFn) -> list[Bar]:
    bars = []
    for number in range(draw(st.integers(1, 12))):
        values = sorted(draw(st.lists(prices, min_size=4, max_size=4)))
        low, one, two, high = values
        opened, close = draw(st.permutations([one, two]))
        bars.append(Bar("KO", WEDNESDAY_OPEN + MINUTE * number, MINUTE, opened, high, low, close))
    return bars


@given(bar_lists())
def test_replayed_bars_give_their_own_prices(bars: list[Bar]) -> None:
    replay = BarReplay(reversed(bars))

    for bar in bars:
        inside = [replay.at(bar.start + MINUTE * n / 8).price for n in range(8)]
        assert inside[0] == bar.open
        assert inside[-1] == bar.close
        assert min(inside) == bar.low
        assert max(inside) == bar.high
    last = bars[-1]
    assert replay.at(last.start + timedelta(days=1)).price == last.close


def test_there_is_no_price_before_the_first_bar() -> None:
    with pytest.raises(LookupError, match="no price before"):
        constant(Decimal(1), WEDNESDAY).at(WEDNESDAY - MINUTE)


def test_bars_that_overlap_are_refused() -> None:
    bar = Bar("KO", WEDNESDAY, MINUTE, Decimal(1), Decimal(2), Decimal(1), Decimal(2))

    with pytest.raises(ValueError, match="overlap"):
        BarReplay([bar, bar])
    with pytest.raises(ValueError, match="no prices"):
        BarReplay([])


CSV = """symbol,start,open,high,low,close,volume
KO,2026-01-14T14:30:00+00:00,62.10,62.25,62.05,62.20,1000
PEP,2026-01-14T14:30:00+00:00,150,151,149.5,150.5,
KO,2026-01-14T14:31:00+00:00,62.20,62.20,61.90,61.95,800
"""


def test_bars_are_read_from_csv_exactly() -> None:
    bars = read_bars_csv(io.StringIO(CSV), MINUTE)

    assert {symbol: len(found) for symbol, found in bars.items()} == {"KO": 2, "PEP": 1}
    assert bars["KO"][1].close == Decimal("61.95")
    assert bars["PEP"][0].volume == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"low": "63"}, "between low and high"),
        ({"close": "NaN"}, "not a finite number"),
        ({"open": ""}, "bar 1: no open"),
        ({"start": "yesterday"}, "not an ISO 8601 time"),
        ({"start": "2026-01-14T14:30:00"}, "needs a time zone"),
    ],
)
def test_a_bad_bar_is_named(change: dict[str, str], says: str) -> None:
    row = {"symbol": "KO", "start": "2026-01-14T14:30:00Z", "open": "62", "high": "63", "low": "61", "close": "62"}

    with pytest.raises(Malformed, match=says):
        read_bars([row | change], MINUTE)


def test_a_bar_has_a_length() -> None:
    with pytest.raises(Malformed, match="length"):
        Bar("KO", WEDNESDAY, timedelta(0), Decimal(1), Decimal(1), Decimal(1), Decimal(1))


EXPIRY = NYSE.closes_at(date(2026, 1, 16))


@given(st.decimals("30", "120", places=2))
@settings(deadline=None)
def test_an_option_is_worth_its_intrinsic_value_at_the_end_and_no_less_before(spot: Decimal) -> None:
    for contract in (PUT, CALL):
        model = OptionModel(contract, constant(spot, WEDNESDAY_OPEN), EXPIRY)
        ending = OptionModel(contract, constant(spot, EXPIRY), EXPIRY)
        assert contract.strike is not None
        assert contract.option_right is not None
        floor = intrinsic(contract.option_right, contract.strike, spot)
        assert ending.at(EXPIRY).price == floor
        assert model.at(WEDNESDAY).price >= floor - Decimal("0.01")


@given(st.decimals("30", "120", places=2))
@settings(deadline=None)
def test_put_and_call_keep_their_parity(spot: Decimal) -> None:
    source = constant(spot, WEDNESDAY_OPEN)
    put, call = (OptionModel(contract, source, EXPIRY).at(WEDNESDAY).price for contract in (PUT, CALL))

    assert abs((call - put) - (spot - Decimal(60))) <= Decimal("0.02")


def test_an_option_ticks_when_its_underlying_does() -> None:
    walk = a_walk()
    model = OptionModel(CALL, walk, EXPIRY)
    until = WEDNESDAY_OPEN + timedelta(hours=1)

    assert [t.at for t in model.between(WEDNESDAY_OPEN, until)] == [t.at for t in walk.between(WEDNESDAY_OPEN, until)]


def test_only_an_option_is_priced_as_one() -> None:
    with pytest.raises(ValueError, match="not an option"):
        OptionModel(equity("KO"), constant(Decimal(1)), EXPIRY)


@pytest.mark.parametrize(("right", "worth"), [(OptionRight.CALL, 5), (OptionRight.PUT, 0)])
def test_intrinsic_value(right: OptionRight, worth: int) -> None:
    assert intrinsic(right, Decimal(60), Decimal(65)) == worth


def test_a_rounded_price_is_at_least_one_tick() -> None:
    assert rounded(Decimal("0.001"), Decimal("0.01")) == Decimal("0.01")
    assert rounded(Decimal("1.2349"), Decimal("0.01")) == Decimal("1.23")
