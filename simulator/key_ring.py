"""The API keys and access tokens of a simulated venue: who may speak for which account."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from string import ascii_uppercase

from simulator.account import SimulatedAccount

TRADING = ("read", "trade")
_ALPHABET = f"{ascii_uppercase}234567"


@dataclass(frozen=True, slots=True)
class VenueKey:
    """One key of one account."""

    handle: str
    label: str
    key_id: str
    secret: str = field(repr=False)
    account: SimulatedAccount = field(repr=False)
    rights: tuple[str, ...] = TRADING
    ip_allow_list: tuple[str, ...] = ()


class KeyRing:
    """Every key that works, and every token.

    token_owner    whose access token it is; None for one that is unknown or has lapsed
    """

    def __init__(self) -> None:
        self._keys: dict[str, VenueKey] = {}
        self._made = 0
        self.token_owner: Callable[[str], SimulatedAccount | None] = lambda _: None

    def add(
        self,
        account: SimulatedAccount,
        label: str,
        *,
        key_id: str = "",
        secret: str = "",
        rights: tuple[str, ...] = TRADING,
        ip_allow_list: tuple[str, ...] = (),
    ) -> VenueKey:
        """A further key; made up where none is given."""
        self._made += 1
        key_id = key_id or "PK" + "".join(secrets.choice(_ALPHABET) for _ in range(18))
        secret = secret or secrets.token_urlsafe(30)
        key = VenueKey(f"key-{self._made}", label, key_id, secret, account, rights, ip_allow_list)
        self._keys[key.handle] = key
        return key

    def of(self, account: SimulatedAccount) -> tuple[VenueKey, ...]:
        """The keys of an account that work."""
        return tuple(key for key in self._keys.values() if key.account is account)

    def revoke(self, handle: str) -> bool:
        """Whether there was such a key."""
        return self._keys.pop(handle, None) is not None

    def by_id(self, key_id: str) -> VenueKey | None:
        """The key of that id, for venues whose requests carry a signature instead of the secret."""
        return next((key for key in self._keys.values() if key.key_id == key_id), None)

    def find(self, key_id: str, secret: str) -> VenueKey | None:
        """The key that a request carries, where its secret is right."""
        for key in self._keys.values():
            if key.key_id == key_id and secrets.compare_digest(key.secret.encode(), secret.encode()):
                return key
        return None
