"""The one interface to every place where a secret may be kept."""

from __future__ import annotations

import hashlib
import os
import tempfile
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from tieout.errors import ConfigError
from tieout.secret import Secret, Vault, read_vault, vault_text

LOCK_WAIT_S = 30.0


class SecretSource(Protocol):
    """One secret in one place, named by a reference.

    A version is stored first and switched to afterwards, so that whoever reads meanwhile gets a whole secret that
    works. Every verb may be repeated. All raise ConfigError for what is absent or malformed and SecretSourceError for
    a place that is locked, denied, throttled or out of reach; no message holds a secret.
    """

    @property
    def reference(self) -> str: ...

    @property
    def writable(self) -> bool:
        """Whether versions can be stored there; other places are changed by people."""
        ...

    def read(self, version: str | None = None) -> Secret:
        """A version; the current one where none is named."""
        ...

    def current(self) -> str | None:
        """The name of the current version; None where nothing is stored."""
        ...

    def versions(self) -> tuple[str, ...]: ...

    def store(self, version: str, secret: Secret) -> None:
        """Keep a version without switching to it."""
        ...

    def promote(self, version: str) -> None:
        """Make a stored version the current one: a new one, or the old one again."""
        ...

    def discard(self, version: str) -> None:
        """Forget a version that is not the current one; one that is gone already is fine."""
        ...


class VaultSource(ABC):
    """A place that keeps one text, in which all versions stand."""

    writable = True

    def __init__(self, reference: str) -> None:
        self._reference = reference

    @property
    def reference(self) -> str:
        """As the settings have it."""
        return self._reference

    @abstractmethod
    def load(self) -> str | None:
        """The text; None where there is none."""

    @abstractmethod
    def save(self, text: str) -> None:
        """Replace the text, whole or not at all."""

    def read(self, version: str | None = None) -> Secret:
        try:
            return self._vault().read(version)
        except ConfigError as error:
            raise ConfigError(f"{self._reference}: {error}") from None

    def current(self) -> str | None:
        return self._vault().current

    def versions(self) -> tuple[str, ...]:
        return tuple(self._vault().versions)

    def store(self, version: str, secret: Secret) -> None:
        with self._alone():
            self.save(vault_text(self._vault().stored(version, secret)))

    def promote(self, version: str) -> None:
        with self._alone():
            self.save(vault_text(self._vault().promoted(version)))

    def discard(self, version: str) -> None:
        with self._alone():
            self.save(vault_text(self._vault().without(version)))

    def _vault(self) -> Vault:
        return read_vault(self.load(), self._reference)

    def _alone(self) -> AbstractContextManager[object]:
        """Reading and replacing the text is one step among the processes of this machine."""
        from filelock import FileLock

        digest = hashlib.sha256(f"{Path.cwd()}\x1f{self._reference}".encode()).hexdigest()[:20]
        name = f"tieout-{os.getuid() if hasattr(os, 'getuid') else 'user'}-{digest}.lock"
        return FileLock(Path(tempfile.gettempdir()) / name, timeout=LOCK_WAIT_S, mode=0o600)
