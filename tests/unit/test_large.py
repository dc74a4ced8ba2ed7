"""Figures against the thresholds of 13F, 13D/G and 13H."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_blotter import BTC, KO, MONDAY, PUT, a_trade
from tieout.blotter import Trade
from tieout.config import parse_settings
from tieout.errors import ConfigError
from tieout.ids import AccountId
from tieout.instruments import Instrument, equity, fund, option
from tieout.large import (
    Finding,
    Holding,
    Level,
    Rule,
    fallen,
    managed_value,
    month_end,
    news,
    not_counted,
    owned_shares,
    traded,
    underlyings,
)
from tieout.large_settings import LargePositionSettings, SharesOutstanding
from tieout.orders import Side
from tieout.sessions import Sessions

D = Decimal
CALL, INDEX_CALL = option("KO260306C00060000"), option("SPX260320C05000000")
MILLION = 1_000_000
USUAL = LargePositionSettings()


def holding(instrument: Instrument, quantity: int, value: int | None, account: str = "one") -> Holding:
    return Holding(AccountId(account), instrument, D(quantity), None if value is None else D(value))


def settings(**changed: Any) -> LargePositionSettings:
    return LargePositionSettings(**changed)


def counted(shares: int = 1_000, as_of: date = MONDAY) -> LargePositionSettings:
    return settings(shares_outstanding=(SharesOutstanding("KO", D(shares), as_of),))


def figures(trades: list[Trade], **prices: Decimal) -> dict[str, Decimal]:
    return {one.key: one.measured for one in traded(trades, prices, USUAL)}


# 13F


def test_long_shares_and_options_count_and_nothing_is_netted() -> None:
    held = [
        holding(KO, 10, 60 * MILLION),
        holding(KO, -5, -30 * MILLION, "two"),
        holding(PUT, 3, 40 * MILLION),
        holding(CALL, -3, -9 * MILLION),
        holding(BTC, 1, 500 * MILLION),
        holding(fund("VMFXX"), 1, 500 * MILLION),
        holding(equity("SAP", "EUR"), 1, 500 * MILLION),
    ]

    found = managed_value(held, USUAL, None)

    assert (found.measured, found.level, found.key) == (D(100 * MILLION), Level.CROSSED, "13F value all")


@pytest.mark.parametrize(
    ("value", "level"),
    [(80 * MILLION - 1, Level.BELOW), (80 * MILLION, Level.NEAR), (100 * MILLION - 1, Level.NEAR)],
)
def test_a_value_is_near_from_eighty_percent_on(value: int, level: Level) -> None:
    assert managed_value([holding(KO, 1, value)], USUAL, None).level is level


def test_what_is_not_on_the_list_or_has_no_value_is_left_out_and_the_latter_said() -> None:
    held = [holding(KO, 1, 7), holding(PUT, 1, 7), holding(equity("BAC"), 1, None)]

    found = managed_value(held, settings(not_reported=("KO",)), None)

    assert (found.measured, found.note) == (D(0), "without a value, and left out: BAC")


def test_the_last_trading_day_of_a_month_is_a_figure_of_its_own() -> None:
    assert managed_value([], USUAL, date(2026, 3, 31)).key == "13F value end of 2026-03"


def test_a_month_ends_with_its_last_session_whatever_accounts_that_never_close_say() -> None:
    friday, saturday = date(2026, 5, 29), date(2026, 5, 30)
    sessions = Sessions("XNYS")

    assert month_end([friday, date(2026, 5, 28), saturday], sessions) == friday
    assert month_end([date(2026, 5, 28)], sessions) is None
    assert month_end([saturday], sessions) is month_end([], sessions) is None


# 13D and 13G


def test_long_shares_of_all_accounts_and_those_that_calls_deliver_are_owned() -> None:
    held = [
        holding(KO, 20, 1),
        holding(KO, 10, 1, "two"),
        holding(KO, -25, 1, "three"),
        holding(CALL, 1, 1),
        holding(option("KO260306C00070000"), -1, 1),
        holding(PUT, 1, 1),
    ]

    (found,) = owned_shares(held, counted(2_600), MONDAY)

    assert (found.measured, found.level) == (D("0.05"), Level.NEAR)
    assert found.note == f"30 shares and calls on 100 of 2600 counted {MONDAY}"


def test_five_percent_is_not_yet_more_than_five() -> None:
    assert owned_shares([holding(KO, 50, 1)], counted(), MONDAY)[0].level is Level.NEAR
    assert owned_shares([holding(KO, 51, 1)], counted(), MONDAY)[0].level is Level.CROSSED


def test_an_old_count_and_a_missing_one_are_said() -> None:
    old = counted(as_of=MONDAY - timedelta(days=121))
    assert "an old count" in owned_shares([], old, MONDAY)[0].note
    assert "an old count" not in owned_shares([], counted(as_of=MONDAY - timedelta(days=120)), MONDAY)[0].note
    held = [holding(equity("BAC"), 1, 1), holding(KO, 1, 1), holding(equity("F"), -1, 1)]
    assert not_counted(held, counted()) == ["BAC"]


# 13H


def test_purchases_and_sales_are_added_by_day_and_by_month() -> None:
    trades = [
        a_trade(1, quantity=D(100), price=D(60)),
        a_trade(2, quantity=D(100), price=D(61), side=Side.SELL, account="two"),
        a_trade(3, MONDAY + timedelta(days=1), quantity=D(1), price=D(50)),
        a_trade(4, date(2026, 2, 27), quantity=D(7), price=D(10)),
        a_trade(5, instrument=BTC, quantity=D(100)),
    ]

    found = figures(trades)

    assert found["13H shares a day 2026-03-02"] == D(200)
    assert found["13H value a day 2026-03-02"] == D(12_100)
    assert found["13H shares a month 2026-03"] == D(201)
    assert found["13H value a month 2026-03"] == D(12_150)
    assert found["13H shares a month 2026-02"] == D(7)


def test_an_option_counts_with_what_underlies_it_and_one_on_an_index_with_its_premium() -> None:
    trades = [
        a_trade(1, instrument=PUT, quantity=D(2), price=D("1.20")),
        a_trade(2, instrument=INDEX_CALL, quantity=D(1), price=D(30)),
    ]

    assert underlyings(trades) == {"KO"}
    assert figures(trades, KO=D(60))["13H shares a day 2026-03-02"] == D(200)
    assert figures(trades, KO=D(60))["13H value a day 2026-03-02"] == D(200 * 60 + 3_000)
    assert figures(trades)["13H value a day 2026-03-02"] == D(200 * 50 + 3_000)
    notes = [one.note for one in traded(trades, {}, USUAL) if one.rule is Rule.DAY_VALUE]
    assert notes == ["by the strike, for want of a price: KO"]


def test_two_million_shares_in_a_day_make_a_large_trader() -> None:
    found = {one.key: one.level for one in traded([a_trade(quantity=D(2 * MILLION), price=D(1))], {}, USUAL)}

    assert found == {
        "13H shares a day 2026-03-02": Level.CROSSED,
        "13H value a day 2026-03-02": Level.BELOW,
        "13H shares a month 2026-03": Level.BELOW,
        "13H value a month 2026-03": Level.BELOW,
    }


def test_a_threshold_of_zero_is_switched_off() -> None:
    assert managed_value([holding(KO, 1, 500 * MILLION)], settings(managed_value=D(0)), None).level is Level.BELOW


@given(
    st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 10**6), st.sampled_from([KO, PUT]), st.integers(0, 60)))
)
def test_the_days_of_a_month_add_up_to_the_month(made: list[tuple[Side, int, Instrument, int]]) -> None:
    trades = [
        a_trade(n, MONDAY + timedelta(days=days), side=side, quantity=D(quantity), instrument=instrument)
        for n, (side, quantity, instrument, days) in enumerate(made)
    ]
    found = list(traded(trades, {"KO": D(60)}, USUAL))

    for days, months in ((Rule.DAY_SHARES, Rule.MONTH_SHARES), (Rule.DAY_VALUE, Rule.MONTH_VALUE)):
        for month in (one for one in found if one.rule is months):
            within = [one.measured for one in found if one.rule is days and one.subject.startswith(month.subject)]
            assert sum(within) == month.measured
    assert underlyings(trades) <= {"KO"}


# News


def test_a_crossing_is_news_once_and_again_after_it_fell() -> None:
    def at(level: Level) -> Finding:
        return Finding(Rule.OWNED_SHARE, "KO", D("0.06"), D("0.05"), level, "n")

    key = at(Level.NEAR).key
    assert news([at(Level.BELOW)], {}) == []
    assert news([at(Level.CROSSED)], {}) == [at(Level.CROSSED)]
    assert news([at(Level.CROSSED)], {key: Level.NEAR}) == [at(Level.CROSSED)]
    assert news([at(Level.CROSSED)], {key: Level.CROSSED}) == fallen([at(Level.CROSSED)], {key: Level.CROSSED}) == []
    assert fallen([at(Level.NEAR)], {key: Level.CROSSED}) == [at(Level.NEAR)]
    assert at(Level.CROSSED).words == "13D/G share, KO: 0.06 (more than 0.05 on), crossed; n"


# Settings


def parse(text: str) -> LargePositionSettings:
    account = '[accounts.one]\nbroker = "alpaca"\n'
    return parse_settings(tomllib.loads(account + text, parse_float=Decimal), {}).large_positions


def test_thresholds_and_counts_are_read() -> None:
    found = parse(
        '[large_positions]\naccounts = ["one"]\nowned_share = "10%"\nnot_reported = ["ko"]\nshares_age_days = 30\n'
        '[large_positions.shares_outstanding]\nKO = "2026-02-17 4300000000"\n'
    )

    assert (found.accounts, found.owned_share, found.not_reported) == (("one",), D("0.1"), ("KO",))
    assert found.shares_age == timedelta(days=30)
    assert found.shares_outstanding == (SharesOutstanding("KO", D(4_300_000_000), date(2026, 2, 17)),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('accounts = ["two"]', "names 'two', which is not configured; known are one"),
        ("owned_share = 5", "are shares of a whole"),
        ('shares_outstanding = {KO = "4300000000"}', "KO must be the date of the count and the shares"),
        ('shares_outstanding = {KO = "2026-02-17 0"}', "KO has above zero shares outstanding"),
        ("managed = 1", "did you mean"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse(f"[large_positions]\n{text}\n")
