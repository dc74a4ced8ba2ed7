"""A secret and its versions, as one text that a secret source keeps. Pure; nothing of it shows itself.

A source keeps one text: either what a person put there (`{"key_id": …, "secret": …}`, or the bare secret), or a
*vault*:

    {"tieout": 1, "current": "k2", "versions": {"k1": {"key_id": …, "secret": …}, "k2": {…}}}

Storing a version, switching to it and going back each replace that one text, so none of them can be half done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NoReturn

from tieout.errors import ConfigError
from tieout.redact import REMOVED, remember

KEY_ID, SECRET, VALUE, PASSPHRASE = "key_id", "secret", "value", "passphrase"
ACCESS_TOKEN, REFRESH_TOKEN = "access_token", "refresh_token"
CLIENT_ID, CLIENT_SECRET = "client_id", "client_secret"
ISSUED, ACCESS_UNTIL, REFRESH_UNTIL = "issued_at", "access_until", "refresh_until"
CLOCKS = frozenset({ISSUED, ACCESS_UNTIL, REFRESH_UNTIL})  # parts that stand beside a token and are no secret
FIRST = "first"
KEPT = 4  # versions in one vault; some keyrings take little more than two kilobytes
_MARK = "tieout"
_FORMAT = 1


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Named parts of one credential, such as `key_id` and `secret`.

    raises    ConfigError where there is no part, or a part is empty or holds what no header may carry
    """

    parts: Mapping[str, str]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ConfigError("a secret without a single part")
        for name, part in self.parts.items():
            if not isinstance(part, str) or not part or part != part.strip() or not part.isprintable():
                raise ConfigError(f"the part {name!r} of the secret is empty, or has characters that no key has")
        object.__setattr__(self, "parts", MappingProxyType(dict(self.parts)))
        remember(*(part for name, part in self.parts.items() if name not in CLOCKS))

    def part(self, name: str) -> str:
        """One part.

        raises    ConfigError naming it and those that are there, never a value
        """
        if name not in self.parts:
            raise ConfigError(f"the secret has no part {name!r}, only {', '.join(sorted(self.parts))}")
        return self.parts[name]

    def with_parts(self, more: Mapping[str, str]) -> Secret:
        """The same secret with some parts replaced or added."""
        return Secret({**self.parts, **more})

    def __repr__(self) -> str:
        return f"Secret({REMOVED})"

    def __reduce__(self) -> NoReturn:
        """Prefect would write it into a result store."""
        raise TypeError("a secret is not pickled: open it in the task that uses it")


@dataclass(frozen=True, slots=True)
class Vault:
    """Every version that a source keeps, and which of them is the current one."""

    current: str | None = None
    versions: Mapping[str, Secret] = field(default_factory=dict, repr=False)

    def read(self, version: str | None = None) -> Secret:
        """A version; the current one where none is named.

        raises    ConfigError where there is no such version
        """
        wanted = self.current if version is None else version
        if wanted is None or wanted not in self.versions:
            raise ConfigError("nothing is stored there" if version is None else f"version {version} is not stored")
        return self.versions[wanted]

    def stored(self, version: str, secret: Secret) -> Vault:
        """With a further version, not yet the current one; the oldest that is not in use gives way."""
        kept = {name: one for name, one in self.versions.items() if name != version}
        spare = [name for name in kept if name != self.current]
        for name in spare[: max(0, len(kept) + 1 - KEPT)]:
            del kept[name]
        return Vault(self.current, {**kept, version: secret})

    def promoted(self, version: str) -> Vault:
        """With another current version. Raises ConfigError where it is not stored."""
        self.read(version)
        return Vault(version, self.versions)

    def without(self, version: str) -> Vault:
        """Without a version that is no longer needed. Raises ConfigError for the current one."""
        if version == self.current:
            raise ConfigError(f"version {version} is in use and cannot be discarded")
        return Vault(self.current, {name: one for name, one in self.versions.items() if name != version})


def read_vault(text: str | None, place: str) -> Vault:
    """What a source's text holds; an empty vault where there is none.

    place     the reference, for messages
    raises    ConfigError for text that is neither a vault nor a secret; the text itself is never repeated
    """
    if text is None or not text.strip():
        return Vault()
    content = _json(text)
    if not isinstance(content, dict):
        return _one(Secret({VALUE: text.strip()}))
    if _MARK not in content:
        return _one(_secret(content, place))
    versions, current = content.get("versions"), content.get("current")
    if content[_MARK] != _FORMAT or not isinstance(versions, dict) or not (current is None or current in versions):
        raise ConfigError(f"{place}: what is kept there was not written by this version of tieout, or is damaged")
    return Vault(current, {name: _secret(one, place) for name, one in versions.items()})


def vault_text(vault: Vault) -> str:
    """The text to be kept."""
    versions = {name: dict(secret.parts) for name, secret in vault.versions.items()}
    return json.dumps({_MARK: _FORMAT, "current": vault.current, "versions": versions}, separators=(",", ":"))


def read_secret(text: str, place: str) -> Secret:
    """One secret as people write it: JSON with named parts, or the bare secret.

    raises    ConfigError as `read_vault` does
    """
    content = _json(text)
    return _secret(content, place) if isinstance(content, dict) else Secret({VALUE: text.strip()})


def secret_text(secret: Secret) -> str:
    """One secret as JSON with named parts."""
    return json.dumps(dict(secret.parts), separators=(",", ":"))


def looks_swapped(secret: Secret) -> bool:
    """Whether key id and secret seem to stand in each other's place: ids are the shorter half and in capitals."""
    key, other = secret.parts.get(KEY_ID, ""), secret.parts.get(SECRET, "")
    capitals = other.isalnum() and other.upper() == other and not other.isdigit()
    return capitals and key.upper() != key and len(other) < len(key)


def _one(secret: Secret) -> Vault:
    return Vault(FIRST, {FIRST: secret})


def _secret(content: object, place: str) -> Secret:
    if not isinstance(content, dict) or not all(isinstance(one, str) for one in content.values()):
        raise ConfigError(f'{place}: expected {{"key_id": "…", "secret": "…"}}, every part a text')
    try:
        return Secret(content)
    except ConfigError as error:
        raise ConfigError(f"{place}: {error}") from None


def _json(text: str) -> object:
    """The JSON in a text; the text itself where it is none, which a bare secret is not."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        return json.loads(text)
    except ValueError:  # the message quotes what it could not read
        raise ConfigError("the secret begins like JSON and is not valid JSON") from None
