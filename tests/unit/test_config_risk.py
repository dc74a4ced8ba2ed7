"""Limits from their four places."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_environment import DOCUMENTED
from tieout.config import parse_settings
from tieout.config_risk import CLASSES, ENVIRONMENT_LIMITS, READERS
from tieout.errors import ConfigError
from tieout.instruments import AssetClass
from tieout.risk.limits import DayTradeRule, Limits, Sizing
from tieout.settings import AccountSettings

D = Decimal
ACCOUNT = '[accounts.a]\nbroker = "alpaca"\n'


def limits(text: str = "", **env: str) -> Limits:
    settings = parse_settings(tomllib.loads(text + "\n" + ACCOUNT, parse_float=Decimal), env)
    (account,) = settings.accounts.values()
    assert isinstance(account, AccountSettings)
    return account.limits


def test_every_limit_can_be_set_and_nothing_else() -> None:
    assert READERS.keys() | {CLASSES} == {one.name for one in fields(Limits)}


def test_every_environment_name_of_a_limit_is_a_documented_one() -> None:
    assert {name.upper() for name in ENVIRONMENT_LIMITS} <= DOCUMENTED.keys()


def test_without_anything_the_defaults_hold() -> None:
    assert limits() == Limits()


def test_the_nearest_place_decides() -> None:
    account = ACCOUNT + '[accounts.a.risk]\nmax_leverage = 3\n[accounts.b]\nbroker = "alpaca"\n'
    text = '[risk]\nmax_leverage = 2\nmax_drawdown_pct = "10%"\n' + account
    read = parse_settings(tomllib.loads(text, parse_float=Decimal), {"MAX_LEVERAGE": "4", "MAX_DRAWDOWN_PCT": "0.3"})
    by_name = {str(name): one.limits for name, one in read.accounts.items()}

    assert (by_name["a"].max_leverage, by_name["b"].max_leverage) == (D(3), D(2))
    assert by_name["a"].max_drawdown_pct == by_name["b"].max_drawdown_pct == D("0.1")
    assert limits(MAX_LEVERAGE="4").max_leverage == 4


def test_the_account_that_the_environment_implies_has_its_limits_too() -> None:
    env = {"ALPACA_API_KEY": "PKTEST", "ALPACA_API_SECRET": "test-secret", "DRY_RUN": "yes"}  # pragma: allowlist secret
    (account,) = parse_settings({"risk": {"pause_s": "60"}}, env).accounts.values()
    assert (account.limits.dry_run, account.limits.pause_s) == (True, 60)


def test_the_names_that_users_have_do_what_they_say() -> None:
    found = limits(**DOCUMENTED)
    assert found == replace(
        Limits(),
        dry_run=True,
        max_position_pct=D("0.20"),
        max_leverage=D("2.0"),
        max_daily_loss_pct=D("0.05"),
        max_drawdown_pct=D("0.15"),
        kelly_fraction=D("0.25"),
        min_convexity_score=D("-1.5"),
        max_concurrent_positions=10,
        target_wealth=D(1_000_000),
        starting_capital=D(10_000),
        time_horizon_days=365,
        enable_crypto=False,
        crypto_symbols=("BTC/USD", "ETH/USD"),
        crypto_max_position_pct=D("0.1"),
        crypto_max_daily_loss_pct=D("0.1"),
        crypto_max_drawdown_pct=D("0.3"),
        enable_circuit_breakers=True,
        halt_on_daily_loss=True,
        halt_on_drawdown=False,
        validate_orders=True,
    )


def test_words_dates_lists_and_tables_are_read() -> None:
    found = limits(
        """
        [risk]
        sizing = "ATR"
        day_trade_rule = "pattern"
        intraday_margin_from = 2026-06-04
        crypto_symbols = ["btc/usd", "BTC/USD"]
        day_range_pct = "none"
        allow_short = true
        approve_above = 2500
        two_persons = "yes"
        [risk.max_class_pct]
        option = "20%"
        equity = 1
        """
    )
    assert (found.sizing, found.day_trade_rule) == (Sizing.ATR, DayTradeRule.PATTERN)
    assert (found.intraday_margin_from, found.crypto_symbols) == (date(2026, 6, 4), ("BTC/USD",))
    assert (found.day_range_pct, found.allow_short, found.approve_above, found.two_persons) == (
        None,
        True,
        D(2500),
        True,
    )
    assert found.max_class_pct == {AssetClass.OPTION: D("0.2"), AssetClass.EQUITY: D(1)}


def test_an_account_may_take_a_bound_away() -> None:
    text = "[risk]\nmax_sector_pct = 0.3\n[risk.max_class_pct]\noption = 0.1\n" + ACCOUNT
    text += '[accounts.a.risk]\nmax_sector_pct = "none"\n[accounts.a.risk.max_class_pct]\noption = "none"\n'
    (account,) = parse_settings(tomllib.loads(text, parse_float=Decimal), {}).accounts.values()
    assert (account.limits.max_sector_pct, account.limits.max_class_pct) == (None, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "max_positon_pct = 0.1",
            "tieout.toml [risk]: 'max_positon_pct' is not known; did you mean 'max_position_pct'?",
        ),
        ("max_position_pct = 20", "must lie between 0 and 1: write a fifth as 0.20 or 20%"),
        ("max_position_pct = -0.1", "must lie between 0 and 1"),
        ("max_daily_loss_pct = 0", "must be above zero"),
        ("max_leverage = 0", "must be above zero"),
        ("max_concurrent_positions = 1.5", "must be a whole number"),
        ("pause_s = 0", "must be one or above"),
        ("allow_short = 1.5", "is neither true nor false"),
        ('sizing = "martingale"', "must be one of fixed_fractional, atr, kelly"),
        ('intraday_margin_from = "soon"', "must be a date such as 2026-06-04"),
        ("intraday_margin_from = 2026-06-04T00:00:00", "must be a date such as 2026-06-04"),
        ('crypto_symbols = "BTCUSD"', "'BTCUSD' is no pair such as BTC/USD"),
        ("approve_above = -1", "must be zero or above"),
        ("two_persons = true", "two_persons needs approve_all or approve_above"),
        ("max_position_pct = nan", "is not a finite number"),
        ("max_position_pct = []", "is not a number"),
        (
            "[risk.max_class_pct]\nequities = 0.1",
            "[risk.max_class_pct]: 'equities' is not known; did you mean 'equity'?",
        ),
        ("[risk.max_class_pct]\nequity = 2", "[risk.max_class_pct]: equity='2' must lie between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        limits("[risk]\n" + text)
    assert said in str(error.value)
    assert "[risk" in str(error.value)


def test_a_wrong_value_of_the_environment_is_named() -> None:
    with pytest.raises(ConfigError, match="CRYPTO_SYMBOLS: 'BTCUSD' is no pair"):
        limits(CRYPTO_SYMBOLS="BTCUSD")
    with pytest.raises(ConfigError, match="TIME_HORIZON_DAYS='0' must be one or above"):
        limits(TIME_HORIZON_DAYS="0")


@given(st.sampled_from(sorted(READERS)), st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.decimals()))
def test_anything_written_gives_a_value_or_a_reason(key: str, value: object) -> None:
    with suppress(ConfigError):
        READERS[key]("here", value)
