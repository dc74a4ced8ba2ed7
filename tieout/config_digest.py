"""What of the settings has changed, without keeping the settings: one hash per part of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from tieout.recon.plainly import plainly
from tieout.redact import redact_url
from tieout.settings import Settings

_BY_NAME = frozenset({"accounts", "approvers"})  # tables of tables: each has a hash of its own
_URLS = frozenset({"journal_url", "warehouse_url"})  # without the password: even its hash would say something of it
_DIGITS = 16


def digests(settings: Settings) -> dict[str, str]:
    """Part of the settings (`risk`, `accounts.alpaca-main`) -> hash of what it says, equal in every process."""
    return {name: _hash(value) for name, value in _parts(settings)}


def digest_of(parts: Mapping[str, str]) -> str:
    """One hash for all of them."""
    return _hash(dict(parts))


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Parts that were added, taken away or now say something else, by name."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _parts(settings: Settings) -> Iterator[tuple[str, Any]]:
    for field in fields(settings):
        value = getattr(settings, field.name)
        if field.name in _BY_NAME:
            yield from ((f"{field.name}.{name}", one) for name, one in value.items())
        else:
            yield field.name, redact_url(value) if field.name in _URLS else value


def _hash(value: Any) -> str:
    text = json.dumps(plainly(value), sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
