"""Identifiers, as distinct types, and the two ways they are made: given by a venue or derived from content.

Derived ids are deterministic, so that a task repeated after a crash writes the same row and not a second one.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import NewType

AccountId = NewType("AccountId", str)  # the account's name in the configuration, `alpaca-main`
InstrumentId = NewType("InstrumentId", int)  # surrogate key, given by the journal
ClientOrderId = NewType("ClientOrderId", str)  # ours, 32 hex digits, made from the intent before sending
BrokerOrderId = NewType("BrokerOrderId", str)
SignalId = NewType("SignalId", str)
IntentId = NewType("IntentId", str)
ExecutionId = NewType("ExecutionId", str)
ActivityId = NewType("ActivityId", str)
SnapshotId = NewType("SnapshotId", int)
RunId = NewType("RunId", str)
BreakId = NewType("BreakId", str)

_NAMESPACE = uuid.UUID("6f1c1f0e-6a53-5d0b-9a3e-7469656f7574")
_JSON_SAFE_BITS = 53  # integers above 2**53 lose digits in JavaScript, so dashboards would show the wrong id


def client_order_id(intent_key: str) -> ClientOrderId:
    """The one client order id of an intent: a UUIDv5 in 32 hex digits, the same for every try."""
    return ClientOrderId(uuid.uuid5(_NAMESPACE, intent_key).hex)


def derived_int(*parts: object) -> int:
    """A positive integer below 2**53, the same for the same parts."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _JSON_SAFE_BITS)


def derived_text(prefix: str, *parts: object, length: int = 12) -> str:
    """`prefix-` and `length` hex digits, the same for the same parts."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()
    return f"{prefix}-{digest[:length]}"
