"""What a set-up step found and did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Did(StrEnum):
    """The last one asks for a person."""

    MADE = "made"
    CHANGED = "changed"
    UNCHANGED = "as it was"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing on the server.

    kind    work pool, work queue, automation, block
    words   what is different now, or what to do
    """

    kind: str
    name: str
    did: Did
    words: str = ""
