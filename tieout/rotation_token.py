"""The phases of a token: refreshed early, and never by two. Pure.

    idle -> refreshing -> refreshed -> idle
                |  ^
                v  |  the answer was lost
              unsure            lapsed: the refresh token is refused, a person must log in

A refresh token that is replaced by its use makes a lost answer the classic lock-out: the old one is spent, the new
one never came. Five things carry over it. The refresh happens at half of the access token's life, so the access token
works on and leaves the other half for a way out. That a refresh is under way stands in the journal before it is sent,
so a crash is known for what it is. The answer goes to the source before anything else, so what did arrive is found
there. A venue that takes the old token once more within a grace is asked again within it. And where there is no
grace, a person is asked to log in at once, while the old token is not shown again until the access token is nearly
over: a venue that sees a spent token takes it for stolen and ends the access token too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from tieout.rotation_moves import again, label_of, move, told
from tieout.rotation_types import Clocks, Event, Lost, Outcome, Phase, Policy, Refused, Rotation, Step, Worked


def may_refresh_again(row: Rotation, now: datetime, policy: Policy) -> bool:
    """Whether a refresh token whose answer was lost may be shown to the venue once more."""
    if not policy.settings.rotating:
        return True
    if row.sent_at is not None and now - row.sent_at < policy.settings.reuse_grace:
        return True
    if row.access_until is None or row.issued_at is None:
        return True
    return now >= row.issued_at + (row.access_until - row.issued_at) * policy.last_resort


def needs_login(row: Rotation, now: datetime, policy: Policy) -> bool:
    """Whether only a person can be counted on to bring a token again."""
    return row.phase is Phase.LAPSED or (row.phase is Phase.UNSURE and not may_refresh_again(row, now, policy))


def renewed(row: Rotation, clocks: Clocks, event: Event) -> Step:
    """A token's row once its pair is in use: fresh clocks, nothing under way.

    A clock that the venue did not name goes on as it was.
    """
    idle = replace(row, phase=Phase.IDLE, label=None, former=None, rounds=0, tries=0, not_before=None, sent_at=None)
    idle = replace(idle, begun_at=None, deadline=None, reason="", issued_at=clocks.issued_at)
    idle = replace(idle, access_until=clocks.access_until, refresh_until=clocks.refresh_until or row.refresh_until)
    return told(row, idle, event)


def _refreshing(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    match seen:
        case Worked():
            return _to_refreshed(row, Event("refreshed", seen.words), seen.clocks or Clocks(now))
        case Refused():
            event = Event("refresh_refused", f"{seen.words}. A person must log in", call=True)
            return move(row, Phase.LAPSED, event, reason=seen.words, deadline=row.access_until)
        case Lost():
            unsure = move(row, Phase.UNSURE, Event("refresh_lost", seen.words), reason=seen.words)
            if may_refresh_again(unsure.row, now, policy):
                return unsure
            event = Event("refresh_lost", f"{seen.words}. The refresh token may be spent: log in again", call=True)
            return move(row, Phase.UNSURE, event, reason=seen.words, deadline=row.access_until)
    return again(replace(row, sent_at=None if row.rounds <= 1 else row.sent_at), seen.words, now, policy)


def _refreshed(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    """There is no way back to a pair that was exchanged: the switch is tried until it is done."""
    if not isinstance(seen, Worked):
        return again(row, seen.words, now, policy)
    assert row.issued_at is not None  # noqa: S101 - set on the way here
    return renewed(row, Clocks(row.issued_at, row.access_until, row.refresh_until), Event("renewed", seen.words))


def _unsure(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    """`found`: the answer had reached the source after all."""
    match seen:
        case Worked(found=True):
            return _to_refreshed(row, Event("recovered", seen.words), seen.clocks or Clocks(now))
        case Worked() if may_refresh_again(row, now, policy):
            number = row.number + 1
            anew = {"number": number, "label": label_of(row, number), "rounds": row.rounds + 1}
            return move(row, Phase.REFRESHING, Event("refresh_again", seen.words), **anew)
    return again(row, seen.words, now, policy, failed=not isinstance(seen, Worked))


def _to_refreshed(row: Rotation, event: Event, had: Clocks) -> Step:
    times = {"issued_at": had.issued_at, "access_until": had.access_until}
    return move(row, Phase.REFRESHED, event, **times, refresh_until=had.refresh_until or row.refresh_until)


def _lapsed(row: Rotation, _seen: Outcome, _now: datetime, _policy: Policy) -> Step:
    return Step(row)


TOKEN_MOVES: dict[Phase, Callable[[Rotation, Outcome, datetime, Policy], Step]] = {
    Phase.REFRESHING: _refreshing,
    Phase.REFRESHED: _refreshed,
    Phase.UNSURE: _unsure,
    Phase.LAPSED: _lapsed,
}
