"""`keyring:NAME` or `keyring:SERVICE/NAME`: the system's keyring, or whatever backend is set up for it."""

from __future__ import annotations

from typing import Any

from tasks.secrets.base import VaultSource
from tieout.errors import SecretSourceError

SERVICE = "tieout"


class KeyringSource(VaultSource):
    """One entry of a keyring."""

    def __init__(self, reference: str, name: str) -> None:
        super().__init__(reference)
        service, _, entry = name.rpartition("/")
        self._service, self._entry = service or SERVICE, entry

    def load(self) -> str | None:
        found = self._asked(lambda keyring: keyring.get_password(self._service, self._entry))
        return None if found is None else str(found)

    def save(self, text: str) -> None:
        self._asked(lambda keyring: keyring.set_password(self._service, self._entry, text))

    def _asked(self, ask: Any) -> Any:
        import keyring
        from keyring.errors import InitError, KeyringError, KeyringLocked, NoKeyringError

        try:
            return ask(keyring)
        except NoKeyringError:
            why, retry = "there is no keyring on this machine; keep the credential in file:, or set one up", False
        except (KeyringLocked, InitError):
            why, retry = "the keyring is locked: unlock it, on a server with its own service account", True
        except (KeyringError, OSError, ValueError) as error:
            # a wrong passphrase of a file backend shows as ValueError, whose text may quote what it read
            why, retry = f"the keyring could not be used ({type(error).__name__}): a wrong passphrase?", False
        raise SecretSourceError(f"{self.reference}: {why}", retry=retry)
