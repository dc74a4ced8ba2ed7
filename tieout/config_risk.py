"""Limits from their four places; a later one goes first: defaults, environment, `[risk]`, `[accounts.NAME.risk]`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from tieout.environment import fraction, number, positive, truth, whole
from tieout.errors import ConfigError
from tieout.instruments import AssetClass
from tieout.risk.limits import DayTradeRule, Limits, Sizing
from tieout.toml_table import TomlTable

E = TypeVar("E", bound=StrEnum)
Reader = Callable[[str, object], Any]
"""Takes the name for messages and what was written; gives the field's value or raises ConfigError."""
CLASSES = "max_class_pct"
NOTHING = "none"


def _text(check: Callable[[str, str], Any]) -> Reader:
    """A check of tieout/environment.py, for what TOML wrote as a number, a truth or a text."""
    return lambda name, value: check(name, str(value))


def _count(name: str, value: object) -> int:
    return int(whole(name, str(value)))


def _above_zero(name: str, value: object) -> int:
    if (count := _count(name, value)) < 1:
        raise ConfigError(f"{name}={value!r} must be one or above")
    return count


def _from_zero(name: str, value: object) -> Decimal:
    if (amount := number(name, str(value))) < 0:
        raise ConfigError(f"{name}={value!r} must be zero or above")
    return amount


def _part(name: str, value: object) -> Decimal:
    """A share above zero: at zero the rule that divides by it, or sizes with it, would mean nothing."""
    share = fraction(name, str(value))
    if share == 0:
        raise ConfigError(f"{name}={value!r} must be above zero")
    return share


def _or_none(read: Reader) -> Reader:
    """The same, or the word `none` for: no such bound."""
    return lambda name, value: None if str(value).strip().lower() == NOTHING else read(name, value)


def _word(words: type[E]) -> Reader:
    def read(name: str, value: object) -> E:
        try:
            return words(str(value).strip().lower())
        except ValueError as error:
            raise ConfigError(f"{name}={value!r} must be one of {', '.join(words)}") from error

    return read


def _day(name: str, value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError as error:
        raise ConfigError(f"{name}={value!r} must be a date such as 2026-06-04") from error


def _symbols(name: str, value: object) -> tuple[str, ...]:
    """`BTC/USD, ETH/USD` or a list of such."""
    given = value if isinstance(value, list) else str(value).split(",")
    found = tuple(dict.fromkeys(str(one).strip().upper() for one in given if str(one).strip()))
    for one in found:
        if "/" not in one:
            raise ConfigError(f"{name}: {one!r} is no pair such as BTC/USD")
    return found


_FRACTION, _POSITIVE, _TRUTH = _text(fraction), _text(positive), _text(truth)

READERS: dict[str, Reader] = {
    "max_position_pct": _FRACTION,
    "max_asset_pct": _or_none(_FRACTION),
    "max_sector_pct": _or_none(_FRACTION),
    "max_leverage": _POSITIVE,
    "max_order_notional": _or_none(_POSITIVE),
    "max_concurrent_positions": _count,
    "max_trades_per_day": _count,
    "allow_short": _TRUTH,
    "settled_cash_only": _TRUTH,
    "collar_pct": _FRACTION,
    "far_pct": _FRACTION,
    "day_range_pct": _or_none(_FRACTION),
    "market_buffer_pct": _FRACTION,
    "max_quote_age_s": _above_zero,
    "extended_hours": _TRUTH,
    "queue_when_closed": _TRUTH,
    "max_daily_loss_pct": _part,
    "max_drawdown_pct": _part,
    "volatility_pct": _or_none(_part),
    "max_silence_s": _above_zero,
    "max_error_rate": _part,
    "min_calls": _above_zero,
    "pause_s": _above_zero,
    "enable_circuit_breakers": _TRUTH,
    "halt_on_daily_loss": _TRUTH,
    "halt_on_drawdown": _TRUTH,
    "sizing": _word(Sizing),
    "risk_per_trade_pct": _FRACTION,
    "atr_multiple": _POSITIVE,
    "kelly_fraction": _FRACTION,
    "target_wealth": _or_none(_POSITIVE),
    "starting_capital": _or_none(_POSITIVE),
    "time_horizon_days": _or_none(_above_zero),
    "min_convexity_score": _or_none(_text(number)),
    "enable_crypto": _TRUTH,
    "crypto_symbols": _symbols,
    "crypto_max_position_pct": _FRACTION,
    "crypto_max_daily_loss_pct": _part,
    "crypto_max_drawdown_pct": _part,
    "day_trade_rule": _word(DayTradeRule),
    "intraday_margin_from": _or_none(_day),
    "margin_long_pct": _part,
    "margin_short_pct": _part,
    "approve_above": _or_none(_from_zero),
    "approve_all": _TRUTH,
    "two_persons": _TRUTH,
    "validate_orders": _TRUTH,
    "dry_run": _TRUTH,
}
"""Keys of `[risk]` and `[accounts.NAME.risk]`; `max_class_pct` is a table of its own below them."""

ENVIRONMENT_LIMITS = (
    "max_position_pct",
    "max_leverage",
    "max_daily_loss_pct",
    "max_drawdown_pct",
    "kelly_fraction",
    "min_convexity_score",
    "max_concurrent_positions",
    "target_wealth",
    "starting_capital",
    "time_horizon_days",
    "enable_crypto",
    "crypto_symbols",
    "crypto_max_position_pct",
    "crypto_max_daily_loss_pct",
    "crypto_max_drawdown_pct",
    "enable_circuit_breakers",
    "halt_on_daily_loss",
    "halt_on_drawdown",
    "validate_orders",
    "dry_run",
)
"""Keys that the environment may set under the same word in capitals."""


def environment_limits(env: Mapping[str, str], base: Limits | None = None) -> Limits:
    """The limits that the environment sets for every account; an empty text counts as not set.

    raises    ConfigError naming the variable and what it may hold
    """
    given = {name: env[name.upper()] for name in ENVIRONMENT_LIMITS if env.get(name.upper(), "").strip()}
    found = {name: READERS[name](name.upper(), text) for name, text in given.items()}
    return replace(base or Limits(), **found)


def parse_limits(table: TomlTable, base: Limits) -> Limits:
    """A `risk` table over what held before it.

    raises    ConfigError naming the table, the key and what to write instead; for an unknown key the nearest known one
    """
    found = {key: read(f"{table.place}: {key}", table.content[key]) for key, read in READERS.items() if table.has(key)}
    classes = _classes(table.table(CLASSES), base.max_class_pct)
    table.close()
    return agreeing(replace(base, **found, max_class_pct=classes), table.place)


def agreeing(limits: Limits, place: str) -> Limits:
    """The limits, if none of them makes another one pointless.

    raises    ConfigError naming both
    """
    if limits.two_persons and not limits.approve_all and limits.approve_above is None:
        raise ConfigError(f"{place}: two_persons needs approve_all or approve_above, for nothing waits for approval")
    return limits


def _classes(table: TomlTable, base: Mapping[AssetClass, Any]) -> dict[AssetClass, Any]:
    found = dict(base)
    for one in AssetClass:
        if table.has(one.value):
            found[one] = _or_none(_FRACTION)(f"{table.place}: {one.value}", table.content[one.value])
    table.close()
    return {one: share for one, share in found.items() if share is not None}
