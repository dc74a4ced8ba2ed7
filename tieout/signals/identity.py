"""Which wishes are the same: by the sender's id, otherwise by content."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from tieout.ids import SignalId, derived_text
from tieout.money import plain
from tieout.signals.types import Kept, Refusal, RefusalCode, RefusedError

MADE, REFUSED = "SIG", "REF"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)
_HASH = 32  # hex digits of an id made from content


def content_hash(content: Mapping[str, object]) -> str:
    """A fingerprint of a wish: the same whatever the order of its fields and the spelling of its numbers.

    content   our field names -> values; those that are None do not count
    """
    told = {name: _spelt(value) for name, value in content.items() if value is not None}
    return hashlib.sha256(canonical(told).encode()).hexdigest()


def signal_id(given: str | None, fingerprint: str) -> SignalId:
    """The sender's id as it is, or one made from the content.

    raises    RefusedError for an id that could be taken for one of ours, or has other characters than ids have
    """
    if given is None:
        return SignalId(f"{MADE}-{fingerprint[:_HASH]}")
    if not _ID.fullmatch(given) or given.upper().startswith((f"{MADE}-", f"{REFUSED}-")):
        words = f"id must be letters, digits, . _ : or -, at most 64, and not begin with {MADE}- or {REFUSED}-"
        raise RefusedError(RefusalCode.ID, words, "id")
    return SignalId(given)


def refusal_id(refusal: Refusal) -> SignalId:
    """The same bad wish sent again is one refusal."""
    parts = (refusal.source.value, refusal.code.value, refusal.strategy, canonical(refusal.raw))
    return SignalId(derived_text(REFUSED, *parts, length=_HASH))


def canonical(value: Mapping[str, Kept] | Mapping[str, str]) -> str:
    """One text for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _spelt(value: object) -> str:
    match value:
        case Decimal():
            return plain(value)
        case datetime():
            return value.isoformat()
        case _:
            return str(value)
