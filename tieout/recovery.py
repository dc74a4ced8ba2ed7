"""What dead runs left behind, and which of it may be put right without a person. Pure.

A run is dead where its process is known to be gone, or where the lease it held has run out or is another's: by the law
of the lease it may do nothing more. Of a process on another machine that holds nothing, nothing is known: it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from tieout.alert import About, lasting
from tieout.ids import AccountId, RunId

MOST_RESUMES = 3
"""A run that died so often in a row is left to a person."""
PENDING_LIMIT = timedelta(minutes=10)
"""A run that a worker took and that did not begin within this time lost its worker; a start takes seconds."""
SLOT_LIMIT = timedelta(minutes=10)
"""Slots that nobody has and that nobody gave back for so long are leaked; Prefect itself takes back within five."""


class Life(StrEnum):
    """What is known of a run's process."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"


class Trouble(StrEnum):
    UNFINISHED = "unfinished session"
    STALE_LEASE = "stale lease"
    ZOMBIE = "zombie run"
    LEAKED_SLOTS = "leaked slots"


class Remedy(StrEnum):
    """What is done about it; `tell` where only a person may act."""

    END = "written down as failed"
    RELEASE = "lease given back"
    CRASH = "run marked as crashed"
    FREE = "slots freed"
    RESUME = "resumed"
    TELL = "told"


class Resume(StrEnum):
    """When a flow is started again in the place of a dead run."""

    ALWAYS = "always"
    SAME_SESSION = "while its session lasts"
    NEVER = "its schedule goes on"


RESUMES = {
    "eod-reconciliation": Resume.ALWAYS,
    "assignment-check": Resume.ALWAYS,
    "options-expiration": Resume.SAME_SESSION,
    "execution-window": Resume.SAME_SESSION,
}
"""Flows that are not named go on by their schedule, or were one person's wish that the person sees has failed."""
TAKES_DATE = frozenset(RESUMES)


@dataclass(frozen=True, slots=True)
class Begun:
    """One account's run that has no end.

    is_followed    another run has taken over its lease
    """

    run_id: RunId
    account_id: AccountId
    flow: str
    business_date: date
    flow_run_id: str | None
    is_followed: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that was not given back. `flow_run_id` is its holder's, None where the holder was no flow run."""

    key: str
    holder: str
    flow_run_id: str | None
    token: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A flow run as the Prefect server has it.

    state     its type: RUNNING, PENDING, COMPLETED …
    since     UTC, when it came into that state
    resumes   how many dead runs it stands for, one after the other
    """

    flow_run_id: str
    flow: str
    name: str
    state: str
    since: datetime
    parameters: Mapping[str, Any]
    resumes: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the server believes that it is at work."""
        return self.state in {"RUNNING", "PENDING", "CANCELLING"}

    @property
    def is_over(self) -> bool:
        """Whether the server believes that it has ended; a run that waits for a person is neither open nor over."""
        return self.state in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass(frozen=True, slots=True)
class Slots:
    """Places of one deployment.

    taken      what the server counts
    open_runs  runs that can have one
    since      UTC, when the count last changed
    """

    name: str
    deployment: str
    taken: int
    open_runs: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    subject    run, lease or deployment
    why        in words
    remedies   what may be done without a person, in this order
    """

    trouble: Trouble
    subject: str
    why: str
    remedies: tuple[Remedy, ...]
    flow_run_id: str | None = None
    business_date: date | None = None
    account_id: AccountId | None = None
    token: int = 0
    slots: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that a sweep looked at; `life` of a flow run by its id."""

    begun: Sequence[Begun]
    held: Sequence[Held]
    seen: Mapping[str, Seen]
    slots: Sequence[Slots]
    life: Callable[[str], Life]


def findings(scene: Scene, now: datetime, wall: datetime, is_current: Callable[[Begun], bool]) -> tuple[Finding, ...]:
    """What is wrong, runs first.

    now           by which leases run out, UTC
    wall          the real time, by which the server's states began, UTC
    is_current    whether a run's session still lasts
    """
    zombies = [found for one in scene.seen.values() if (found := _zombie(one, scene, now, wall))]
    sessions = [_unfinished(one, scene, is_current) for one in scene.begun if _is_lost(one, scene, now)]
    leases = [found for one in scene.held if (found := _stale(one, scene, now))]
    leaked = [_leaked(one) for one in scene.slots if one.taken > one.open_runs and wall - one.since > SLOT_LIMIT]
    return (*zombies, *sessions, *leases, *leaked)


def about(one: Finding) -> About:
    """What a message about a finding is about: the same in every sweep that finds it again."""
    return lasting(f"{one.trouble} {one.subject}", one.trouble, account_id=one.account_id)


def resume_parameters(dead: Seen, days: Iterable[date]) -> dict[str, Any]:
    """What the run that takes a dead one's place is given: the same, and the session it was about."""
    given = {name: value for name, value in dead.parameters.items() if value is not None}
    known = set(days)
    if dead.flow in TAKES_DATE and len(known) == 1 and "date" not in given:
        given["date"] = known.pop().isoformat()
    return given


def _zombie(one: Seen, scene: Scene, now: datetime, wall: datetime) -> Finding | None:
    """A run that the server believes in and that is no more."""
    if not one.is_open:
        return None
    why = _why_dead(one.flow_run_id, scene, now)
    if why is None and one.state == "PENDING" and wall - one.since > PENDING_LIMIT:
        why = f"it was taken {one.since:%H:%M:%S} UTC and never began: its worker is gone"
    if why is None:
        return None
    begun_nothing = not any(each.flow_run_id == one.flow_run_id for each in scene.begun)
    again = begun_nothing and RESUMES.get(one.flow) is Resume.ALWAYS and one.resumes < MOST_RESUMES
    remedies = (Remedy.CRASH, *((Remedy.RESUME,) if again else ()))
    return Finding(Trouble.ZOMBIE, one.name, why, remedies, one.flow_run_id)


def _unfinished(one: Begun, scene: Scene, is_current: Callable[[Begun], bool]) -> Finding:
    again, why = _resume_of(one, scene, is_current)
    remedies = (Remedy.END, again) if again else (Remedy.END,)
    return Finding(Trouble.UNFINISHED, one.run_id, why, remedies, one.flow_run_id, one.business_date, one.account_id)


def _resume_of(one: Begun, scene: Scene, is_current: Callable[[Begun], bool]) -> tuple[Remedy | None, str]:
    """Whether a run that died is followed by another, and why."""
    if one.is_followed:
        return None, "it died; a later run has taken its place"
    when = RESUMES.get(one.flow, Resume.NEVER)
    if when is Resume.NEVER:
        return None, f"it died; {when}"
    if when is Resume.SAME_SESSION and not is_current(one):
        return Remedy.TELL, f"it died, and the session of {one.business_date} is over"
    dead = scene.seen.get(one.flow_run_id or "")
    if dead is None:
        return Remedy.TELL, "it died, and the Prefect server does not know it any more"
    if dead.resumes >= MOST_RESUMES:
        return Remedy.TELL, f"it died, as {dead.resumes} runs before it did: it is not started again"
    return Remedy.RESUME, "it died"


def _is_lost(one: Begun, scene: Scene, now: datetime) -> bool:
    """Whether nobody is at work on it. Of one that may live on another machine only what leases say counts."""
    if one.flow_run_id is None or scene.life(one.flow_run_id) is Life.ALIVE:
        return False
    if one.is_followed or _why_dead(one.flow_run_id, scene, now) is not None:
        return True
    seen = scene.seen.get(one.flow_run_id)
    holds = any(each.flow_run_id == one.flow_run_id and each.expires_at > now for each in scene.held)
    return (seen is None or seen.is_over) and not holds


def _stale(one: Held, scene: Scene, now: datetime) -> Finding | None:
    if one.flow_run_id is not None and scene.life(one.flow_run_id) is Life.DEAD:
        why, remedies = f"{one.holder} is no more", (Remedy.RELEASE,)
    elif one.expires_at <= now and (one.flow_run_id is None or scene.life(one.flow_run_id) is not Life.ALIVE):
        why, remedies = f"it ran out {one.expires_at:%Y-%m-%d %H:%M:%S} UTC; whoever asks gets it", (Remedy.TELL,)
    else:
        return None
    return Finding(Trouble.STALE_LEASE, one.key, why, remedies, one.flow_run_id, token=one.token)


def _leaked(one: Slots) -> Finding:
    why = f"{one.taken} taken, and {one.open_runs} runs to have them"
    return Finding(Trouble.LEAKED_SLOTS, one.deployment, why, (Remedy.FREE,), slots=one.open_runs)


def _why_dead(flow_run_id: str, scene: Scene, now: datetime) -> str | None:
    """Why a flow run can do nothing more; None where it may be at work."""
    life = scene.life(flow_run_id)
    if life is Life.DEAD:
        return "its process is gone"
    mine = [one for one in scene.held if one.flow_run_id == flow_run_id]
    if life is Life.UNKNOWN and mine and all(one.expires_at <= now for one in mine):
        return "every lease that it held has run out"
    return None
