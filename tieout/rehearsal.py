"""What the rehearsal's desk must come to: six accounts over three sessions, by what its story does to them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Came:
    """What one account's close of one session came to.

    session    1, 2 or 3
    state      as in `run.state`
    """

    account_id: str
    session: int
    state: str


_TIED, _CRITICAL = "tied_out", "critical_breaks"
_STORY = {  # as `tieout demo` tells it before it begins
    "alpaca-clean": (_TIED, _TIED, _TIED),
    "alpaca-busy": (_CRITICAL, _CRITICAL, _CRITICAL),  # a fill nobody heard of; from the second day a trade by hand too
    "alpaca-events": (_TIED, _TIED, _TIED),
    "paper-settling": (_TIED, _TIED, _TIED),
    "alpaca-partial": (_TIED, "quarantined", _TIED),  # the download breaks off: never taken for a flat account
    "alpaca-options": (_TIED, _TIED, _TIED),
}
MUST = {(account, day): state for account, states in _STORY.items() for day, state in enumerate(states, start=1)}


def differences(came: Iterable[Came]) -> tuple[str, ...]:
    """What came out otherwise than it must, for people; empty where all is well."""
    found = {(one.account_id, one.session): one.state for one in came}
    missing = [f"{account} of session {day} was not closed" for account, day in MUST if (account, day) not in found]
    wrong = [
        f"{account} of session {day} is {state}, must be {MUST[account, day]}"
        for (account, day), state in found.items()
        if (account, day) in MUST and state != MUST[account, day]
    ]
    strange = [
        f"{account} of session {day} is not in the story" for account, day in found if (account, day) not in MUST
    ]
    return (*missing, *wrong, *strange)
