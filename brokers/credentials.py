"""A secret on its way from its store to the one adapter that signs with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from tieout.errors import ConfigError
from tieout.redact import REMOVED, SHORTEST_SECRET, bytes_without, remember, without

BEARER = "bearer"


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """What an adapter signs with. It shows itself nowhere and refuses to be written down.

    key_id   the venue's public half (Alpaca: `PK…` paper, `AK…` live)
    secret   the private half
    extra    further venue-specific parts (a passphrase, an account number), each treated as secret too
    is_token whether `secret` is an access token, which stands alone; `key_id` then is a mere word
    raises   ConfigError where a part is empty or holds characters that no HTTP header may carry
    """

    key_id: str
    secret: str
    extra: Mapping[str, str] = field(default_factory=dict)
    is_token: bool = False

    @classmethod
    def bearer(cls, token: str) -> Credential:
        """An access token, sent as `Authorization: Bearer`."""
        return cls(BEARER, token, is_token=True)

    def __post_init__(self) -> None:
        for name, part in self._parts().items():
            # requests and httpx quote a bad header in their message: it must be refused before they see it
            if not part or not part.isascii() or not part.isprintable() or part != part.strip():
                raise ConfigError(f"credential: {name} is empty, or has characters that no key has")
        remember(*self._hidden())

    @property
    def prefix(self) -> str:
        """The first two characters of the key id, which at some venues tell the mode."""
        return self.key_id[:2]

    def scrub(self, text: str) -> str:
        """`text` without any part of this credential."""
        return without(text, self._hidden())

    def scrub_bytes(self, body: bytes) -> bytes:
        """`body` without any part of this credential."""
        return bytes_without(body, self._hidden())

    def _parts(self) -> dict[str, str]:
        return {"key id": self.key_id, "secret": self.secret, **self.extra}

    def _hidden(self) -> list[str]:
        parts = {name: part for name, part in self._parts().items() if not (self.is_token and name == "key id")}
        return sorted((part for part in parts.values() if len(part) >= SHORTEST_SECRET), key=len, reverse=True)

    def __repr__(self) -> str:
        return f"Credential({REMOVED})"

    def __reduce__(self) -> NoReturn:
        """Prefect would write it into a result store; whoever needs it opens it where it is used."""
        raise TypeError("a credential is not pickled: open it in the task that uses it")
