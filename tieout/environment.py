"""The environment names that users already have, what each may hold, and which of them are secret. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from tieout.errors import ConfigError

PERCENT = Decimal(100)
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_FORMATS = ("json", "text", "plain", "console", "simple", "pretty")


def truth(name: str, text: str) -> bool:
    """A yes or no in any of its usual spellings.

    raises    ConfigError naming the variable and what it may hold
    """
    word = text.strip().lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise ConfigError(f"{name}={text!r} is neither true nor false")


def number(name: str, text: str) -> Decimal:
    """A finite number, exactly as written; `1_000` and `1,000` are refused rather than guessed at."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation as error:
        raise ConfigError(f"{name}={text!r} is not a number") from error
    if not value.is_finite() or "_" in text:
        raise ConfigError(f"{name}={text!r} is not a finite number")
    return value


def fraction(name: str, text: str) -> Decimal:
    """A share of the whole between 0 and 1, written `0.20` or `20%`.

    raises    ConfigError for anything above 1: `20` could mean a fifth or twentyfold
    """
    plain = text.strip()
    value = number(name, plain[:-1]) / PERCENT if plain.endswith("%") else number(name, plain)
    if not 0 <= value <= 1:
        raise ConfigError(f"{name}={text!r} must lie between 0 and 1: write a fifth as 0.20 or 20%")
    return value


def positive(name: str, text: str) -> Decimal:
    """A number above zero."""
    value = number(name, text)
    if value <= 0:
        raise ConfigError(f"{name}={text!r} must be above zero")
    return value


def whole(name: str, text: str) -> Decimal:
    """A whole number, zero or above."""
    value = number(name, text)
    if value < 0 or value != value.to_integral_value():
        raise ConfigError(f"{name}={text!r} must be a whole number, zero or above")
    return value


def trading_mode(name: str, text: str) -> str:
    """`paper` or `live`; `simulation` and `sandbox` are other words for paper."""
    word = text.strip().lower()
    if word in ("paper", "simulation", "sandbox", "live"):
        return "live" if word == "live" else "paper"
    raise ConfigError(f"{name}={text!r} must be paper or live")


def one_of(*words: str) -> Callable[[str, str], str]:
    """A check that the text is one of the words, whatever its case."""

    def check(name: str, text: str) -> str:
        for word in words:
            if text.strip().lower() == word.lower():
                return word
        raise ConfigError(f"{name}={text!r} must be one of {', '.join(words)}")

    return check


def anything(_name: str, text: str) -> str:
    """Text that only its user can judge."""
    return text


KNOWN: dict[str, Callable[[str, str], object]] = {
    "ALPACA_PAPER": truth,
    "BINANCE_TESTNET": truth,
    "BINANCE_API_TESTNET": truth,
    "BYBIT_TESTNET": truth,
    "BYBIT_API_TESTNET": truth,
    "IB_HOST": anything,
    "IB_PORT": whole,
    "IB_CLIENT_ID": whole,
    "TRADING_MODE": trading_mode,
    "DRY_RUN": truth,
    "MAX_POSITION_PCT": fraction,
    "MAX_LEVERAGE": positive,
    "MAX_DAILY_LOSS_PCT": fraction,
    "MAX_DRAWDOWN_PCT": fraction,
    "KELLY_FRACTION": fraction,
    "MIN_CONVEXITY_SCORE": number,
    "MAX_CONCURRENT_POSITIONS": whole,
    "TARGET_WEALTH": positive,
    "STARTING_CAPITAL": positive,
    "TIME_HORIZON_DAYS": whole,
    "ENABLE_CRYPTO": truth,
    "CRYPTO_SYMBOLS": anything,
    "CRYPTO_MAX_POSITION_PCT": fraction,
    "CRYPTO_MAX_DAILY_LOSS_PCT": fraction,
    "CRYPTO_MAX_DRAWDOWN_PCT": fraction,
    "ENABLE_CIRCUIT_BREAKERS": truth,
    "HALT_ON_DAILY_LOSS": truth,
    "HALT_ON_DRAWDOWN": truth,
    "VALIDATE_ORDERS": truth,
    "LOG_LEVEL": one_of(*LOG_LEVELS),
    "LOG_FORMAT": one_of(*LOG_FORMATS),
}
"""Every non-secret name, with the check its text must pass."""

RISK: dict[str, Callable[[str, str], Decimal]] = {
    "max_position_pct": fraction,
    "max_leverage": positive,
    "max_daily_loss_pct": fraction,
    "max_drawdown_pct": fraction,
    "kelly_fraction": fraction,
    "min_convexity_score": number,
    "max_concurrent_positions": whole,
    "crypto_max_position_pct": fraction,
    "crypto_max_daily_loss_pct": fraction,
    "crypto_max_drawdown_pct": fraction,
}
"""Keys of `[accounts.NAME.risk]`. The same word in capitals is the environment's default for every account."""


@dataclass(frozen=True, slots=True)
class SecretNames:
    """Where a credential's two halves may stand in the environment, the first name first.

    passphrase    the third part that some venues give with a key; nobody else needs it
    """

    key_id: tuple[str, ...]
    secret: tuple[str, ...]
    passphrase: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every name looked at."""
        return self.key_id + self.secret + self.passphrase


_VENUES = {
    "ALPACA": SecretNames(
        ("ALPACA_API_KEY", "APCA_API_KEY_ID"), ("ALPACA_API_SECRET", "ALPACA_SECRET_KEY", "APCA_API_SECRET_KEY")
    ),
    "IBKR": SecretNames(("IBKR_CLIENT_ID",), ("IBKR_CLIENT_SECRET",)),
    "IBKR_FLEX": SecretNames(("IBKR_FLEX_QUERY_ID",), ("IBKR_FLEX_TOKEN",)),
    "OANDA": SecretNames(("OANDA_ACCOUNT_ID",), ("OANDA_API_KEY",)),
    **{
        venue: SecretNames(
            (f"{venue}_API_KEY",),
            (f"{venue}_API_SECRET", f"{venue}_SECRET"),
            (f"{venue}_API_PASSPHRASE", f"{venue}_PASSPHRASE"),
        )
        for venue in ("KUCOIN", "OKX")
    },
}


def secret_names(prefix: str) -> SecretNames:
    """The environment names behind `env:PREFIX`: the venue's own, or PREFIX_API_KEY and PREFIX_API_SECRET."""
    return _VENUES.get(prefix) or SecretNames((f"{prefix}_API_KEY",), (f"{prefix}_API_SECRET", f"{prefix}_SECRET"))


def known_values(environment: Mapping[str, str]) -> dict[str, str]:
    """The known non-secret names that are set, each checked and kept as given; an empty text counts as not set.

    raises    ConfigError for a value that its name cannot have
    """
    found = {name: environment[name] for name in KNOWN if environment.get(name, "").strip()}
    for name, text in found.items():
        KNOWN[name](name, text)
    return found


def default_risk(environment: Mapping[str, str]) -> dict[str, Decimal]:
    """Risk limits that the environment sets for every account; an account's own table goes first."""
    names = {key: key.upper() for key in RISK}
    return {key: RISK[key](name, environment[name]) for key, name in names.items() if environment.get(name)}
