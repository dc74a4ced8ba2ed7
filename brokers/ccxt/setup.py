"""From an account's settings to its exchange in ccxt, which is imported here and nowhere earlier."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from brokers.ccxt.line import Line, lined
from brokers.ccxt.venue import Venue
from brokers.credentials import Credential
from brokers.http import budgets
from tieout.errors import ConfigError
from tieout.secret import PASSPHRASE
from tieout.settings import AccountSettings

VENUES = {
    "binance": "brokers.ccxt.venues.binance:Binance",
    "bybit": "brokers.ccxt.venues.bybit:Bybit",
    "coinbase": "brokers.ccxt.venues.coinbase:Coinbase",
    "cryptocom": "brokers.ccxt.venues.cryptocom:CryptoCom",
    "kraken": "brokers.ccxt.venues.kraken:Kraken",
    "krakenfutures": "brokers.ccxt.venues.krakenfutures:KrakenFutures",
    "kucoin": "brokers.ccxt.venues.kucoin:KuCoin",
    "okx": "brokers.ccxt.venues.okx:Okx",
}
OPTIONS = (
    budgets.OPTIONS
    | {"products", "symbols", "position_mode", "margin_mode", "hostname"}
    | {
        "max_leverage_margin",
        "max_leverage_perpetual",
        "max_leverage_future",
    }
)
_MODES = ("one-way", "hedge")


def venue_of(settings: AccountSettings) -> Venue:
    """The venue of an account.

    raises   ConfigError for options that it does not know
    """
    account = settings.account
    unknown = sorted(set(settings.options) - OPTIONS)
    if unknown:
        raise ConfigError(
            f"account {account.account_id}: options {', '.join(unknown)} are unknown to the {account.broker} adapter; "
            f"it knows {', '.join(sorted(OPTIONS))}"
        )
    module, _, name = VENUES[account.broker].partition(":")
    venue: Venue = getattr(import_module(module), name)()
    return venue


def products_of(settings: AccountSettings, venue: Venue) -> frozenset[str]:
    """What the account has in scope. Raises ConfigError for a word that the venue has no product for."""
    named = frozenset(words(settings, "products")) or frozenset(venue.usual)
    unknown = sorted(named - set(venue.products))
    if unknown:
        raise ConfigError(
            f"account {settings.account.account_id}: options.products {', '.join(unknown)}: {venue.broker} has "
            f"{', '.join(venue.products)}"
        )
    return named


def is_hedged(settings: AccountSettings) -> bool:
    """Whether the account keeps long and short legs apart. Raises ConfigError for another word than the two."""
    said = settings.options.get("position_mode", _MODES[0])
    if said not in _MODES:
        raise ConfigError(
            f"account {settings.account.account_id}: position_mode = {said!r} must be one of {', '.join(_MODES)}"
        )
    return said == "hedge"


def words(settings: AccountSettings, option: str) -> tuple[str, ...]:
    """The words of an option, between commas."""
    return tuple(word.strip() for word in settings.options.get(option, "").split(",") if word.strip())


def exchange_of(settings: AccountSettings, venue: Venue, credential: Credential, line: Line, *, sandbox: bool) -> Any:
    """ccxt's exchange with our wire under it.

    sandbox   at the venue's own sandbox
    raises    ConfigError where the credential lacks a part
    """
    kind = getattr(import_module(f"ccxt.{venue.name}"), venue.name)
    exchange = lined(kind, line)(config_of(settings, venue, credential))
    exchange.has = {**exchange.has, "fetchCurrencies": False}  # half a megabyte that says nothing of the account
    if sandbox:
        venue.rehearse(exchange, products_of(settings, venue))
    if "hostname" in settings.options:
        exchange.hostname = settings.options["hostname"]
    return exchange


def config_of(settings: AccountSettings, venue: Venue, credential: Credential) -> dict[str, Any]:
    """What ccxt's constructor takes. Its limiter, which knows one process only, is off, and so are its retries."""
    config: dict[str, Any] = {
        "apiKey": credential.key_id,
        "secret": credential.secret.replace("\\n", "\n"),  # a key in PEM stands on one line in an environment
        "enableRateLimit": False,
        "number": str,
        "timeout": int(settings.timeout_s * 1000),
        "options": venue.options(products_of(settings, venue)),
    }
    if venue.passphrase:
        if PASSPHRASE not in credential.extra:
            raise ConfigError(
                f"account {settings.account.account_id}: {venue.broker} needs a passphrase beside key and secret"
            )
        config["password"] = credential.extra[PASSPHRASE]
    return config
