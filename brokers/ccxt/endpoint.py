"""Where a crypto account lives, and what proves whether it is paper or live: not its key, but its host."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from brokers.ccxt.venue import Venue
from brokers.http.telling import is_loopback
from tieout.accounts import Mode
from tieout.errors import ConfigError
from tieout.settings import AccountSettings


def endpoint_of(settings: AccountSettings, venue: Venue) -> str | None:
    """The base URL that takes the place of the venue's hosts, None where these are meant.

    raises   ConfigError for something that is no http(s) URL, plain http to another machine, or a paper account at a
             venue that has no sandbox, without an endpoint
    """
    account = settings.account
    if settings.endpoint is None:
        if account.mode is Mode.PAPER and not venue.sandbox:
            raise ConfigError(
                f"account {account.account_id}: {venue.broker} has no sandbox, so a paper account there needs an "
                'endpoint (a rehearsal); for the real one set mode = "live"'
            )
        return None
    parts = urlsplit(settings.endpoint)
    name = f"account {account.account_id}: endpoint"
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username or parts.password:
        raise ConfigError(f"{name} is no base URL such as http://127.0.0.1:8900")
    if parts.scheme == "http" and not is_loopback(settings.endpoint):
        raise ConfigError(f"{name} would send the key unencrypted to another machine; use https")
    return settings.endpoint.rstrip("/")


def proven_mode(
    endpoint: str | None, hosts: Collection[str], simulated: bool, venue: Venue
) -> tuple[Mode, tuple[str, ...]]:
    """The mode and what proves it.

    hosts       for which requests were signed
    simulated   every one of them said that it is for the venue's simulation
    returns     live for every host that is not known to be a sandbox: what cannot be proven harmless is not
    """
    if endpoint is not None:
        host = urlsplit(endpoint).hostname or ""
        here = is_loopback(endpoint)
        return (Mode.PAPER if here else Mode.LIVE), (f"endpoint {host}: {'this machine, paper' if here else 'live'}",)
    if simulated:
        return Mode.PAPER, ("each request says that it is for the venue's simulation: paper",)
    paper = bool(hosts) and all(host in venue.sandbox for host in hosts)
    mode = Mode.PAPER if paper else Mode.LIVE
    return mode, tuple(f"host {host}: {mode}" for host in sorted(hosts)) or ("no host was asked: live",)
