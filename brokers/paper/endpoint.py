"""Where a paper broker answers, and what proves whether its account is paper or live."""

from __future__ import annotations

from urllib.parse import urlsplit

from brokers.credentials import Credential
from brokers.http.telling import is_loopback
from tieout.accounts import Mode
from tieout.errors import ConfigError
from tieout.settings import AccountSettings

_KEYS = {"PK": Mode.PAPER, "AK": Mode.LIVE}


def endpoint_of(settings: AccountSettings) -> str:
    """The base URL without a trailing slash.

    raises   ConfigError where there is none, or it would send the key unencrypted to another machine
    """
    name = f"account {settings.account.account_id}: endpoint"
    if not settings.endpoint:
        raise ConfigError(f"{name} is missing: the paper broker answers where its simulator was started")
    parts = urlsplit(settings.endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username or parts.password:
        raise ConfigError(f"{name} is no base URL such as http://127.0.0.1:8900")
    if parts.scheme == "http" and not is_loopback(settings.endpoint):
        raise ConfigError(f"{name} would send the key unencrypted to another machine; use https")
    return settings.endpoint.rstrip("/")


def proven_mode(configured: Mode, stated: Mode, credential: Credential) -> tuple[Mode, tuple[str, ...]]:
    """The mode and what speaks for it: the account's own word, and the key's prefix where it has one.

    A single contradiction gives the mode that is not configured, so that the comparison with the settings fails.
    """
    by_key = _KEYS.get(credential.prefix)
    evidence = (
        f"the account states {stated}",
        f"key id starts with {credential.prefix}: {by_key or 'says neither'}",
    )
    contrary = [mode for mode in (stated, by_key) if mode not in (None, configured)]
    return (contrary[0] or stated) if contrary else configured, evidence
