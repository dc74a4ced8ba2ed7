"""Where TWS or the Gateway listens, which of its accounts is meant, and what proves whether that is paper or live."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from tieout.accounts import Mode
from tieout.errors import ConfigError
from tieout.settings import AccountSettings

OPTIONS = frozenset(
    {"host", "port", "client_id", "client_ids", "account", "market_data", "lock_dir"}
    | {"nightly_restart", "weekly_login", "flex_endpoint", "flex_patience_s"}
)
_PORTS = {4001: Mode.LIVE, 4002: Mode.PAPER, 7496: Mode.LIVE, 7497: Mode.PAPER}
_GATEWAY = {Mode.LIVE: 4001, Mode.PAPER: 4002}
_PAPER_PREFIX = "D"
_DEFAULT_CLIENT_ID = 101
_DEFAULT_CLIENTS = 16


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One program that is logged in.

    account      the account among those of the login; None where the login has one only
    client_ids   numbers this program may connect under; one process holds one of them at a time
    """

    host: str
    port: int
    account: str | None
    client_ids: range

    @property
    def name(self) -> str:
        """`host:port`, for messages and locks."""
        return f"{self.host}:{self.port}"


def endpoint_of(settings: AccountSettings) -> Endpoint:
    """From the account's options, or its `endpoint`, which goes first.

    raises   ConfigError for options that are not known or cannot be meant
    """
    options, place = settings.options, f"account {settings.account.account_id}"
    unknown = sorted(set(options) - OPTIONS)
    if unknown:
        raise ConfigError(
            f"{place}: options {', '.join(unknown)} are unknown to the ibkr adapter; it knows "
            f"{', '.join(sorted(OPTIONS))}"
        )
    host = options.get("host", "127.0.0.1")
    port = _whole(options.get("port", str(_GATEWAY[settings.account.mode])), f"{place}: options.port")
    if settings.endpoint:
        parts = urlsplit(settings.endpoint if "//" in settings.endpoint else f"//{settings.endpoint}")
        if not parts.hostname or parts.port is None:
            raise ConfigError(f"{place}: endpoint {settings.endpoint!r} names no host and port")
        host, port = parts.hostname, parts.port
    first = _whole(options.get("client_id", str(_DEFAULT_CLIENT_ID)), f"{place}: options.client_id")
    count = _whole(options.get("client_ids", str(_DEFAULT_CLIENTS)), f"{place}: options.client_ids")
    if first < 1 or count < 1:
        raise ConfigError(f"{place}: client ids count from one; zero is the program's own window")
    return Endpoint(host, port, options.get("account"), range(first, first + count))


def account_of(managed: tuple[str, ...], endpoint: Endpoint, account_id: str) -> str:
    """The account that is meant among those of the login.

    raises   ConfigError where it is not there, or several are and none is named
    """
    shown = ", ".join(masked(one) for one in managed)
    if endpoint.account is not None:
        if endpoint.account not in managed:
            raise ConfigError(
                f"account {account_id}: options.account {masked(endpoint.account)} is not among those of the login "
                f"at {endpoint.name}: {shown}"
            )
        return endpoint.account
    if len(managed) != 1:
        raise ConfigError(
            f"account {account_id}: the login at {endpoint.name} has {shown}; name one as options.account"
        )
    return managed[0]


def proven_mode(configured: Mode, number: str, port: int) -> tuple[Mode, tuple[str, ...]]:
    """The mode and what speaks for it.

    The account number decides: paper accounts begin with a D. A usual port that says otherwise makes it the mode that
    is not configured, so that the comparison with the settings refuses the account. An unusual port says nothing.
    """
    by_number = Mode.PAPER if number.startswith(_PAPER_PREFIX) else Mode.LIVE
    by_port = _PORTS.get(port)
    evidence = (
        f"account number starts with {number[:2]}: {by_number}",
        f"port {port}: {by_port or 'says neither'}",
    )
    contrary = [mode for mode in (by_number, by_port) if mode not in (None, configured)]
    return (contrary[0] or by_number) if contrary else configured, evidence


def masked(number: str) -> str:
    """All but the last four characters hidden."""
    return f"{'*' * max(0, len(number) - 4)}{number[-4:]}"


def _whole(text: str, place: str) -> int:
    if not text.isdecimal():
        raise ConfigError(f"{place} is {text!r}, not a whole number")
    return int(text)
