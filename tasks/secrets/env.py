"""`env:PREFIX`: the environment and `.env` beneath it. Read only: a program cannot change what its parent set."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tasks.secrets.modes import require_private
from tasks.settings import environment, settings_file
from tieout.environment import secret_names
from tieout.errors import ConfigError
from tieout.secret import KEY_ID, PASSPHRASE, SECRET, VALUE, Secret

ENVIRONMENT = "environment"


class EnvSource:
    """A pair of names, or one name.

    name      PREFIX of a pair, or the name itself where `single`
    place     who asks, for messages
    raises    ConfigError for missing or contradicting names; it lists the names that were looked for, never a value
    """

    writable = False

    def __init__(self, name: str, place: str, *, single: bool = False) -> None:
        self._name = name
        self._place = place
        self._single = single

    @property
    def reference(self) -> str:
        """As the settings have it."""
        return f"env:{self._name}"

    def read(self, version: str | None = None) -> Secret:
        if version not in (None, ENVIRONMENT):
            raise ConfigError(f"{self.reference}: the environment keeps no versions")
        if self._single:
            return Secret({VALUE: self._one((self._name,), "value")})
        names = secret_names(self._name)
        parts = {KEY_ID: self._one(names.key_id, "key"), SECRET: _on_one_line(self._one(names.secret, "secret"))}
        if names.passphrase:
            parts[PASSPHRASE] = self._one(names.passphrase, "passphrase")
        return Secret(parts)

    def current(self) -> str | None:
        return ENVIRONMENT

    def versions(self) -> tuple[str, ...]:
        return (ENVIRONMENT,)

    def store(self, version: str, secret: Secret) -> None:
        raise self._fixed()

    def promote(self, version: str) -> None:
        raise self._fixed()

    def discard(self, version: str) -> None:
        raise self._fixed()

    def _fixed(self) -> ConfigError:
        return ConfigError(
            f"{self.reference}: the environment cannot be written to. A credential that tieout is to replace goes into "
            "file:, keyring:, prefect: or aws:"
        )

    def _one(self, names: Iterable[str], what: str) -> str:
        """The one value that the names hold between them."""
        env = environment()
        held = {name: value for name in names if (value := env.get(name, "").strip())}
        if not held:
            looked = " or ".join(names)
            raise ConfigError(f"{self._place}: no {what} found; set {looked} in the environment or in .env")
        if len(set(held.values())) > 1:
            raise ConfigError(f"{self._place}: {' and '.join(held)} hold different values; keep one of them")
        if any(name not in os.environ for name in held):
            require_private(settings_file().parent / ".env")
        return next(iter(held.values()))


def _on_one_line(secret: str) -> str:
    """A key in PEM with its line ends written out, as the adapter takes it; any other secret as it is."""
    return secret.replace("\r", "").replace("\n", "\\n") if secret.startswith("-----BEGIN") else secret
