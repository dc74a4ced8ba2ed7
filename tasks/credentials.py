"""From a reference in the settings to the secret behind it, opened where it is used and passed to nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.secrets.opening import open_source
from tieout.errors import ConfigError
from tieout.secret import ACCESS_TOKEN, KEY_ID, SECRET, VALUE, Secret, looks_swapped

if TYPE_CHECKING:
    from brokers.credentials import Credential
    from tieout.settings import AccountSettings

_OURS = frozenset({KEY_ID, SECRET})


def open_credential(settings: AccountSettings) -> Credential | None:
    """The credential of an account; None where the account names none.

    raises    ConfigError for a reference that cannot be opened, and for missing or contradicting parts; it lists the
              names that were looked for, never a value. SecretSourceError for a place that is locked or denied
    """
    if settings.credential is None:
        return None
    place = f"account {settings.account.account_id}"
    return credential_of(open_source(settings.credential, place).read(), place)


def credential_of(secret: Secret, place: str) -> Credential:
    """What an adapter signs with.

    raises    ConfigError for missing parts, and where key id and secret stand in each other's place
    """
    from brokers.credentials import Credential

    if ACCESS_TOKEN in secret.parts:
        return Credential.bearer(secret.part(ACCESS_TOKEN))
    if KEY_ID not in secret.parts or SECRET not in secret.parts:
        raise ConfigError(f"{place}: the credential needs {KEY_ID} and {SECRET}, it has {', '.join(secret.parts)}")
    if looks_swapped(secret):
        raise ConfigError(f"{place}: key id and secret seem to stand in each other's place")
    extra = {name: one for name, one in secret.parts.items() if name not in _OURS}
    return Credential(secret.part(KEY_ID), secret.part(SECRET), extra)


def open_reference(reference: str, place: str) -> str:
    """The single secret behind a reference, such as an alert URL: `env:NAME`, or the bare text in another source.

    place     who asks, for the message
    raises    ConfigError as `open_credential` does
    """
    return open_source(reference, place, single=True).read().part(VALUE)
