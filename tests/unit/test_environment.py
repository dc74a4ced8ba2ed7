"""The environment names that users already have."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tieout.config import parse_settings
from tieout.environment import KNOWN, secret_names
from tieout.errors import ConfigError

DOCUMENTED = {
    "ALPACA_PAPER": "true",
    "BINANCE_TESTNET": "1",
    "BYBIT_TESTNET": "no",
    "IB_HOST": "127.0.0.1",
    "IB_PORT": "7497",
    "IB_CLIENT_ID": "1",
    "TRADING_MODE": "paper",
    "DRY_RUN": "true",
    "MAX_POSITION_PCT": "0.20",
    "MAX_LEVERAGE": "2.0",
    "MAX_DAILY_LOSS_PCT": "5%",
    "MAX_DRAWDOWN_PCT": "0.15",
    "KELLY_FRACTION": "0.25",
    "MIN_CONVEXITY_SCORE": "-1.5",
    "MAX_CONCURRENT_POSITIONS": "10",
    "TARGET_WEALTH": "1000000",
    "STARTING_CAPITAL": "10000",
    "TIME_HORIZON_DAYS": "365",
    "ENABLE_CRYPTO": "false",
    "CRYPTO_SYMBOLS": "BTC/USD,ETH/USD",
    "CRYPTO_MAX_POSITION_PCT": "0.1",
    "CRYPTO_MAX_DAILY_LOSS_PCT": "0.1",
    "CRYPTO_MAX_DRAWDOWN_PCT": "0.3",
    "ENABLE_CIRCUIT_BREAKERS": "yes",
    "HALT_ON_DAILY_LOSS": "on",
    "HALT_ON_DRAWDOWN": "off",
    "VALIDATE_ORDERS": "TRUE",
    "LOG_LEVEL": "info",
    "LOG_FORMAT": "json",
}


def test_every_documented_name_is_checked_and_kept_as_given() -> None:
    assert parse_settings({}, DOCUMENTED).environment == DOCUMENTED


def test_what_is_set_to_nothing_counts_as_not_set() -> None:
    assert parse_settings({}, dict.fromkeys(KNOWN, " ")).environment == {}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("DRY_RUN", "maybe", "DRY_RUN='maybe' is neither true nor false"),
        ("MAX_POSITION_PCT", "20", "must lie between 0 and 1: write a fifth as 0.20 or 20%"),
        ("MAX_POSITION_PCT", "-1%", "must lie between 0 and 1"),
        ("MAX_LEVERAGE", "0", "must be above zero"),
        ("MAX_LEVERAGE", "2x", "is not a number"),
        ("MAX_LEVERAGE", "1_000", "is not a finite number"),
        ("TARGET_WEALTH", "inf", "is not a finite number"),
        ("MAX_CONCURRENT_POSITIONS", "2.5", "must be a whole number"),
        ("TRADING_MODE", "test", "must be paper or live"),
        ("LOG_LEVEL", "loud", "must be one of DEBUG, INFO"),
        ("LOG_FORMAT", "xml", "must be one of json"),
    ],
)
def test_a_value_that_its_name_cannot_have_is_refused(name: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_settings({}, {name: text})
    assert said in str(error.value)
    assert name in str(error.value)


def test_risk_limits_of_the_environment_hold_for_accounts_that_set_none() -> None:
    toml = {"accounts": {"a": {"broker": "alpaca", "risk": {"max_leverage": "1.5"}}, "b": {"broker": "alpaca"}}}
    accounts = parse_settings(toml, {"MAX_LEVERAGE": "2", "MAX_POSITION_PCT": "20%"}).accounts

    limits = {name: account.risk for name, account in accounts.items()}
    assert limits == {
        "a": {"max_leverage": Decimal("1.5"), "max_position_pct": Decimal("0.2")},
        "b": {"max_leverage": Decimal(2), "max_position_pct": Decimal("0.2")},
    }


def test_a_venue_may_be_known_by_several_names() -> None:
    names = secret_names("ALPACA")

    assert names.key_id == ("ALPACA_API_KEY", "APCA_API_KEY_ID")
    assert names.secret == ("ALPACA_API_SECRET", "ALPACA_SECRET_KEY", "APCA_API_SECRET_KEY")
    assert names.all == names.key_id + names.secret


def test_any_other_prefix_follows_one_pattern() -> None:
    assert secret_names("DESK").all == ("DESK_API_KEY", "DESK_API_SECRET", "DESK_SECRET")
