"""From a reference to the source that it names. The libraries behind a source are imported when it is asked."""

from __future__ import annotations

from collections.abc import Callable

from tasks.secrets.base import SecretSource
from tieout.errors import ConfigError


def _file(reference: str, name: str) -> SecretSource:
    from tasks.secrets.file import FileSource

    return FileSource(reference, name)


def _keyring(reference: str, name: str) -> SecretSource:
    from tasks.secrets.keyring import KeyringSource

    return KeyringSource(reference, name)


def _prefect(reference: str, name: str) -> SecretSource:
    from tasks.secrets.prefect_block import PrefectSource

    return PrefectSource(reference, name)


def _aws(reference: str, name: str) -> SecretSource:
    from tasks.secrets.aws import AwsSource

    return AwsSource(reference, name)


SCHEMES: dict[str, Callable[[str, str], SecretSource]] = {
    "file": _file,
    "keyring": _keyring,
    "prefect": _prefect,
    "aws": _aws,
}
"""Beside `env`, which is asked with the name of who asks."""


def open_source(reference: str, place: str, *, single: bool = False) -> SecretSource:
    """The source that a reference names.

    place     who asks, for messages
    single    `env:NAME` is one name and not the prefix of a pair
    raises    ConfigError for a scheme that is not known
    """
    from tasks.secrets.env import EnvSource

    scheme, _, name = reference.partition(":")
    if scheme == "env":
        return EnvSource(name, place, single=single)
    if scheme not in SCHEMES or not name:
        known = ", ".join(f"{one}:" for one in ("env", *SCHEMES))
        raise ConfigError(f"{place}: credentials kept in {scheme}: cannot be opened; known are {known}")
    return SCHEMES[scheme](reference, name)
