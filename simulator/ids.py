"""Ids as the simulated venue gives them: the same story gives the same ids."""

from __future__ import annotations

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

_NAMESPACE = uuid.UUID("0d3c8a52-4f0e-5b55-9c1e-73696d756c61")


def venue_uuid(*parts: object) -> str:
    """A UUID with dashes, the same for the same parts."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts)))


def record_id(moment: datetime, zone: ZoneInfo, *parts: object) -> str:
    """The id of an execution or activity: local time to the millisecond, then a UUID; sorts as time does."""
    local = moment.astimezone(zone)
    return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}::{venue_uuid(*parts)}"
