"""The rotation machine: a credential's row and the outcome of an action give the next row. Pure.

An API key, or a login that a person renews:

    idle -> creating -> created -> comparing -> switching -> switched -> revoking -> proving -> idle
              |  ^
              v  |  the answer was lost
            searching

Whatever fails on the way goes back: deciding (does the old one still work?) -> restoring -> restored -> withdrawing
-> idle. Where only a person can make a key, `asking` takes the place of creating, and `asking_revoke` that of
revoking. Tokens have phases of their own, see `tieout/rotation_token.py`.

Every phase has one action (`ACTIONS`), every action one of four outcomes: it worked, it was refused, its answer was
lost, or nothing was sent. The caller commits `begin(row)`, acts, and commits `step(row, outcome).row`. A row that is
found begun belongs to a process that is gone: its outcome is `GONE`, so a crash is one more lost answer.

Two rules it never breaks: the old key is revoked only after the new one has worked from a fresh process, and the new
one only after the old one has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from tieout.credentials import CredentialSettings
from tieout.rotation_moves import again, label_of, move, patient, told
from tieout.rotation_token import TOKEN_MOVES
from tieout.rotation_types import (
    Clocks,
    Event,
    Lost,
    Outcome,
    Part,
    Phase,
    Policy,
    Refused,
    Rotation,
    Step,
    Worked,
)


def start(row: Rotation, policy: Policy, why: str, deadline: datetime | None = None, former: str | None = None) -> Step:
    """Begin the rotation of an idle row, or the login that a lapsed one needs; any other is left as it is.

    deadline    until when a person must have acted, where one is needed
    former      the version that is current now
    """
    if row.phase is not Phase.IDLE:
        return Step(row)
    phase = _first(row, policy)
    number = row.number + 1
    begun = replace(_cleared(row), phase=phase, number=number, label=label_of(row, number), rounds=1, former=former)
    event = Event("started", why, call=phase is Phase.ASKING)
    return told(row, replace(begun, deadline=deadline, reason=why), event)


def stored_by_person(row: Rotation, clocks: Clocks | None, settings: CredentialSettings, now: datetime) -> Step:
    """The row at rest with a version that a person stored: what was known of the one before holds no longer.

    clocks    of a token pair, where they stand with it. Without them the access token is refreshed at once, for its age
              is unknown, and the refresh token's life counts from now, as a key's does
    """
    rest = _cleared(row)
    if clocks is not None:
        access, refresh = clocks.access_until, clocks.refresh_until
        return told(row, replace(rest, issued_at=clocks.issued_at, access_until=access, refresh_until=refresh))
    issued = None if row.part is Part.TOKEN else now
    until = now + settings.refresh_life if row.part is Part.TOKEN and settings.refresh_life else None
    return told(row, replace(rest, issued_at=issued, access_until=None, refresh_until=until))


def begin(row: Rotation, now: datetime) -> Rotation:
    """The row to be committed before its action is carried out. `now` is UTC."""
    sent = (row.sent_at or now) if row.phase is Phase.REFRESHING else row.sent_at
    return replace(row, begun_at=now, sent_at=sent, version=row.version + 1)


def step(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    """What an outcome makes of a row. `now` is UTC."""
    return _MOVES[row.phase](replace(row, begun_at=None), seen, now, policy)


def _first(row: Rotation, policy: Policy) -> Phase:
    if row.part is Part.TOKEN:
        return Phase.REFRESHING
    return Phase.CREATING if row.part is Part.KEY and policy.settings.by_program else Phase.ASKING


def _cleared(row: Rotation) -> Rotation:
    """A row without what belongs to one rotation."""
    bare = replace(row, begun_at=None, sent_at=None, tries=0, rounds=0, not_before=None, deadline=None)
    return replace(bare, phase=Phase.IDLE, label=None, former=None, old_refused=False, reason="")


def _given_up(row: Rotation, words: str, now: datetime, policy: Policy, kind: str) -> Step:
    """The old credential goes on; the next try is not at once."""
    idle = replace(_cleared(row), not_before=now + policy.hold_off, reason=words)
    return told(row, idle, Event(kind, words, call=True))


def _creating(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    match seen:
        case Worked():
            return move(row, Phase.CREATED, Event("created", seen.words))
        case Refused():
            return _given_up(row, f"the venue makes no key: {seen.words}", now, policy, "not_created")
        case Lost():
            return move(row, Phase.SEARCHING, Event("create_lost", seen.words), reason=seen.words)
    if patient(row, seen, policy):
        return again(row, seen.words, now, policy)
    return _given_up(row, f"no key could be asked for: {seen.words}", now, policy, "not_created")


def _searching(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    """A key whose secret never reached us is useless: the search revokes it, and another is asked for."""
    match seen:
        case Worked(found=True):
            return move(row, Phase.CREATED, Event("found", seen.words))
        case Worked() if row.rounds < policy.tries:
            number = row.number + 1
            event = Event("not_found", seen.words)
            anew = {"number": number, "label": label_of(row, number), "rounds": row.rounds + 1}
            return move(row, Phase.CREATING, event, **anew)
        case Worked():
            return _given_up(row, f"{row.rounds} answers with a new key were lost", now, policy, "not_created")
        case Refused():
            return _given_up(row, f"a lost key cannot be searched for: {seen.words}", now, policy, "not_created")
    return again(row, seen.words, now, policy)


def _asking(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    if isinstance(seen, Worked) and seen.found:
        clocks = seen.clocks
        issued = {"issued_at": clocks.issued_at} if clocks else {}
        times = {"access_until": clocks.access_until, "refresh_until": clocks.refresh_until} if clocks else {}
        return move(row, Phase.CREATED, Event("supplied", seen.words), **issued, **times)
    return again(row, seen.words, now, policy, failed=False)


def _created(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    if patient(row, seen, policy):
        return again(row, seen.words, now, policy)
    if not isinstance(seen, Worked):
        return _back(row, f"the new one did not pass: {seen.words}")
    phase = Phase.COMPARING if row.part is Part.KEY and row.former else Phase.SWITCHING
    return move(row, phase, Event("probed", seen.words))


def _comparing(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    """An old key that the venue refuses already (many end it when another is made) leaves only the way forward."""
    if isinstance(seen, Refused) and seen.old:
        return move(row, Phase.SWITCHING, Event("old_refused", seen.words, call=True), old_refused=True)
    if patient(row, seen, policy):
        return again(row, seen.words, now, policy)
    if isinstance(seen, Worked):
        return move(row, Phase.SWITCHING, Event("compared", seen.words), old_refused=False)
    return _back(row, f"old and new did not agree: {seen.words}")


def _switching(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    if isinstance(seen, Worked):
        return move(row, Phase.SWITCHED, Event("switched", seen.words))
    if patient(row, seen, policy):
        return again(row, seen.words, now, policy)
    return _back(row, f"the reference could not be switched: {seen.words}")


def _switched(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    if patient(row, seen, policy):
        return again(row, seen.words, now, policy)
    if not isinstance(seen, Worked):
        return _back(row, f"a fresh process could not use the new one: {seen.words}")
    event = Event("verified", seen.words)
    if row.part is Part.LOGIN or row.former is None:
        return _done(row, now, event)
    if row.old_refused:
        return move(row, Phase.PROVING, event)
    return move(row, Phase.REVOKING if policy.settings.by_program else Phase.ASKING_REVOKE, event)


def _revoking(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    """Whether a lost answer was a yes is found out by proving it."""
    match seen:
        case Worked() | Lost():
            return move(row, Phase.PROVING, Event("revoked", seen.words))
        case Refused():
            return move(row, Phase.ASKING_REVOKE, Event("not_revoked", seen.words, call=True), reason=seen.words)
    return again(row, seen.words, now, policy)


def _asking_revoke(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    """The proof is looked for in any case: somebody may have revoked it and said nothing. So is another try of ours."""
    if isinstance(seen, Worked):
        return move(row, Phase.PROVING, Event("look_whether_revoked", seen.words), rounds=1)
    return again(row, seen.words, now, policy, failed=False)


def _proving(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    match seen:
        case Worked():
            return _done(row, now, Event("revoked_proven", seen.words))
        case Refused() if policy.settings.by_program and row.rounds < policy.tries:
            event = Event("still_works", seen.words)
            return move(row, Phase.REVOKING, event, rounds=row.rounds + 1, not_before=now + policy.pause)
        case Refused():
            event = Event("still_works", seen.words, call=True)
            return move(row, Phase.ASKING_REVOKE, event, not_before=now + policy.longest, reason=seen.words)
    return again(row, seen.words, now, policy)


def _done(row: Rotation, now: datetime, event: Event) -> Step:
    idle = _cleared(row)
    if row.part is Part.KEY or row.issued_at is None or row.access_until is None:
        idle = replace(idle, issued_at=now)
    return told(row, idle, event, Event("rotated", f"version {row.label} is in use"))


def _back(row: Rotation, words: str) -> Step:
    return move(row, Phase.DECIDING, Event("failed", words, call=True), reason=words)


def _deciding(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    """Only to an old one that works is gone back. Where it does not, the new one is tried once more."""
    match seen:
        case Worked():
            return move(row, Phase.RESTORING, Event("old_works", seen.words), old_refused=False)
        case Refused() if not row.old_refused:
            event = Event("old_refused", f"there is no way back: {seen.words}", call=True)
            return move(row, Phase.CREATED, event, old_refused=True, not_before=now + policy.pause)
        case Refused():
            event = Event("stranded", f"neither works: {seen.words}. A person must supply one", call=True)
            number = row.number + 1
            return move(row, Phase.ASKING, event, number=number, label=label_of(row, number), deadline=now)
    return again(row, seen.words, now, policy)


def _restoring(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    if isinstance(seen, Worked):
        return move(row, Phase.RESTORED, Event("restored", seen.words))
    return again(row, seen.words, now, policy)


def _restored(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    match seen:
        case Worked():
            return move(row, Phase.WITHDRAWING, Event("old_verified", seen.words))
        case Refused():
            return move(row, Phase.DECIDING, Event("old_not_verified", seen.words, call=True))
    return again(row, seen.words, now, policy)


def _withdrawing(row: Rotation, seen: Outcome, now: datetime, policy: Policy) -> Step:
    match seen:
        case Worked():
            return _given_up(row, row.reason, now, policy, "rolled_back")
        case Refused():
            words = f"{row.reason}; the unused key could not be revoked, do it by hand: {seen.words}"
            return _given_up(row, words, now, policy, "rolled_back")
    return again(row, seen.words, now, policy)


def _nothing(row: Rotation, _seen: Outcome, _now: datetime, _policy: Policy) -> Step:
    return Step(row)


_Move = Callable[[Rotation, Outcome, datetime, Policy], Step]
_MOVES: dict[Phase, _Move] = {
    Phase.IDLE: _nothing,
    Phase.CREATING: _creating,
    Phase.SEARCHING: _searching,
    Phase.ASKING: _asking,
    Phase.CREATED: _created,
    Phase.COMPARING: _comparing,
    Phase.SWITCHING: _switching,
    Phase.SWITCHED: _switched,
    Phase.REVOKING: _revoking,
    Phase.ASKING_REVOKE: _asking_revoke,
    Phase.PROVING: _proving,
    Phase.DECIDING: _deciding,
    Phase.RESTORING: _restoring,
    Phase.RESTORED: _restored,
    Phase.WITHDRAWING: _withdrawing,
    **TOKEN_MOVES,
}
