"""Where an Alpaca account lives, and what proves whether it is paper or live."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from brokers.credentials import Credential
from brokers.http.telling import is_loopback
from tieout.accounts import Mode
from tieout.errors import ConfigError
from tieout.settings import AccountSettings

TRADING = {Mode.PAPER: "https://paper-api.alpaca.markets", Mode.LIVE: "https://api.alpaca.markets"}
DATA = "https://data.alpaca.markets"
_HOSTS = {"paper-api.alpaca.markets": Mode.PAPER, "api.alpaca.markets": Mode.LIVE}
_KEYS = {"PK": Mode.PAPER, "AK": Mode.LIVE}
_PAPER_NUMBER = "PA"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Base URLs without a trailing slash."""

    trading: str
    data: str

    @property
    def is_loopback(self) -> bool:
        """Whether the trading host is this machine: a rehearsal or a proxy."""
        return is_loopback(self.trading)


def endpoint_of(settings: AccountSettings) -> Endpoint:
    """The venue's own hosts for the account's mode, or the endpoint that replaces both.

    raises   ConfigError for something that is no http(s) URL, or plain http to another machine
    """
    account = settings.account
    if settings.endpoint is None:
        return Endpoint(TRADING[account.mode], settings.options.get("data_endpoint", DATA).rstrip("/"))
    trading = _checked(settings.endpoint, f"account {account.account_id}: endpoint")
    data = settings.options.get("data_endpoint", trading)
    return Endpoint(trading, _checked(data, f"account {account.account_id}: options.data_endpoint"))


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that speaks, or does not speak, for a mode."""

    words: str
    mode: Mode | None


def mode_facts(credential: Credential, endpoint: Endpoint, number: str) -> tuple[Fact, Fact, Fact]:
    """Key prefix, endpoint and account number, each with the mode it proves."""
    host = urlsplit(endpoint.trading).hostname or ""
    key = None if credential.is_token else _KEYS.get(credential.prefix)
    by_number = Mode.PAPER if number.startswith(_PAPER_NUMBER) else Mode.LIVE
    return (
        Fact(_key_words(credential, key), key),
        Fact(f"endpoint {host}: {_HOSTS.get(host) or 'says neither'}", _HOSTS.get(host)),
        Fact(f"account number starts with {number[:2]}: {by_number}", by_number),
    )


def _key_words(credential: Credential, key: Mode | None) -> str:
    said = "access token" if credential.is_token else f"key id starts with {credential.prefix}"
    return f"{said}: {key or 'says neither'}"


def proven_mode(configured: Mode, facts: tuple[Fact, ...]) -> Mode:
    """The configured mode where every fact that speaks says so; the other one as soon as a single fact does.

    So a contradiction among the facts never passes for a proof, and the caller's comparison with the configuration
    refuses the account.
    raises   ConfigError where live is configured and the key says nothing: live needs the key's own word, so an access
             token, which says nothing, trades on paper only
    """
    contrary = [fact.mode for fact in facts if fact.mode not in (None, configured)]
    if contrary and contrary[0] is not None:
        return contrary[0]
    if configured is Mode.LIVE and facts[0].mode is None:
        raise ConfigError(f"live is not proven ({'; '.join(fact.words for fact in facts)})")
    return configured


def _checked(url: str, name: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(f"{name}: {url!r} is no base URL such as http://127.0.0.1:8900")
    if parts.username or parts.password:
        raise ConfigError(f"{name}: a base URL carries no user or password")
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigError(f"{name}: {url!r} would send the key unencrypted to another machine; use https")
    return url.rstrip("/")
