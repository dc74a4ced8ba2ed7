"""How a rotation's row goes on: to another phase, or to the same one again after a pause. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from tieout.rotation_types import Event, Lost, NotSent, Outcome, Phase, Policy, Rotation, Step

_MOST_DOUBLINGS = 10


def label_of(row: Rotation, number: int) -> str:
    """What a version is called in the source, and its key at the venue."""
    return f"{row.credential_id}-{row.part}-{number}".lower()


def told(before: Rotation, after: Rotation, *events: Event) -> Step:
    """The row as the next version of what was there before."""
    return Step(replace(after, version=before.version + 1), events)


def move(row: Rotation, phase: Phase, event: Event, **changes: Any) -> Step:
    """To another phase."""
    return told(row, replace(replace(row, phase=phase, tries=0, not_before=None), **changes), event)


def patient(row: Rotation, seen: Outcome, policy: Policy) -> bool:
    """Whether an action that may have come to nothing is tried once more before its failure counts."""
    return isinstance(seen, Lost | NotSent) and row.tries + 1 < policy.tries


def again(row: Rotation, words: str, now: datetime, policy: Policy, *, failed: bool = True) -> Step:
    """The same action once more, after a pause that doubles; a person hears of it once.

    failed    whether it counts as a try: waiting for a person does not
    """
    wait = min(policy.pause * 2 ** min(row.tries, _MOST_DOUBLINGS), policy.longest)
    tries = row.tries + failed
    after = replace(row, tries=tries, not_before=now + wait)
    if not failed:
        return told(row, after)
    call = tries == policy.tries
    return told(row, after, Event(f"{row.phase}_again", words, call=call))
