"""From a reference in the settings to the secret behind it, opened where it is used and passed to nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tasks.settings import environment
from tieout.environment import secret_names
from tieout.errors import ConfigError

if TYPE_CHECKING:
    from brokers.credentials import Credential
    from tieout.settings import AccountSettings

ENV = "env"
OPENED = (ENV,)
"""Schemes of references that this version opens."""


def open_credential(settings: AccountSettings) -> Credential | None:
    """The credential of an account; None where the account names none.

    raises    ConfigError for a scheme that cannot be opened, and for missing or contradicting names; it lists the
              names that were looked for, never a value
    """
    from brokers.credentials import Credential

    if settings.credential is None:
        return None
    place = f"account {settings.account.account_id}"
    prefix = _after_scheme(settings.credential, place)
    names, env = secret_names(prefix), environment()
    return Credential(_one(env, names.key_id, place, "key"), _one(env, names.secret, place, "secret"))


def open_reference(reference: str, place: str) -> str:
    """The single secret behind `env:NAME`, such as an alert URL.

    place     who asks, for the message
    raises    ConfigError as `open_credential` does
    """
    return _one(environment(), (_after_scheme(reference, place),), place, "value")


def _after_scheme(reference: str, place: str) -> str:
    scheme, _, rest = reference.partition(":")
    if scheme not in OPENED:
        opened = ", ".join(f"{one}:" for one in OPENED)
        raise ConfigError(f"{place}: credentials kept in {scheme}: cannot be opened by this version; it opens {opened}")
    return rest


def _one(env: Mapping[str, str], names: Iterable[str], place: str, what: str) -> str:
    """The one value that the names hold between them."""
    held = {name: value for name in names if (value := env.get(name, "").strip())}
    if not held:
        raise ConfigError(f"{place}: no {what} found; set {' or '.join(names)} in the environment or in .env")
    if len(set(held.values())) > 1:
        raise ConfigError(f"{place}: {' and '.join(held)} hold different values; keep one of them")
    return next(iter(held.values()))
