"""How a broker is, from what each probe came to; slow to change its mind, so that nobody is called twice. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tieout.errors import (
    Ambiguous,
    BrokerError,
    ConfigError,
    PlannedOutage,
    RateLimited,
    TieoutError,
    Unauthorised,
    Unavailable,
)
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.settings import WatchSettings

RECENT = 10  # probes that are remembered
MOST_MIXED = 3  # of them that may be other than good before a broker counts as degraded
SURE_AFTER = 2  # refusals in a row: one may be a slip of the venue's


class HealthState(StrEnum):
    """What can be expected of a broker."""

    UNKNOWN = "unknown"  # nothing is known yet
    UP = "up"
    DEGRADED = "degraded"  # it answers: slowly, now and then not, or no more for now
    DOWN = "down"  # it does not answer
    MAINTENANCE = "maintenance"  # away as planned
    UNAUTHORISED = "unauthorised"  # it answers, and refuses the key
    MISMATCHED = "mismatched"  # it answers, and it is not the account that the settings say


class Answer(StrEnum):
    """What one probe came to."""

    GOOD = "good"
    SLOW = "slow"
    LIMITED = "limited"  # too many requests
    SILENT = "silent"
    REFUSED = "refused"
    WRONG = "wrong"
    AWAY = "away"


USABLE = frozenset({HealthState.UP, HealthState.DEGRADED})
UNUSABLE = frozenset({HealthState.DOWN, HealthState.UNAUTHORISED, HealthState.MISMATCHED})
_ANSWERED = frozenset({Answer.GOOD, Answer.SLOW, Answer.LIMITED})
_SEVERITY = {
    HealthState.DOWN: Severity.CRITICAL,
    HealthState.UNAUTHORISED: Severity.CRITICAL,
    HealthState.MISMATCHED: Severity.CRITICAL,
    HealthState.DEGRADED: Severity.WARNING,
}


@dataclass(frozen=True, slots=True)
class Probe:
    """What one probe came to.

    latency_ms      until the answer; None without one
    left, most      requests that the venue says are left, and how many it allows; None where it does not say
    """

    answer: Answer
    words: str
    at: datetime
    latency_ms: int | None = None
    left: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How an account's broker is; times UTC.

    since            of the state
    watched_since    since when it has been probed without a gap
    recent           answers of the last probes, the oldest first
    """

    account_id: AccountId
    broker: str
    state: HealthState
    since: datetime
    checked_at: datetime
    watched_since: datetime
    reason: str = ""
    latency_ms: int | None = None
    left: int | None = None
    most: int | None = None
    recent: tuple[Answer, ...] = ()

    def fresh(self, now: datetime, rules: WatchSettings) -> bool:
        """Whether it still says something: the last probe is no older than three beats."""
        return now - self.checked_at <= timedelta(seconds=3 * rules.probe_every_s)


def answer_of(error: TieoutError) -> Answer:
    """What an error says of its broker.

    raises    the error itself where it says nothing of the broker, as one of our own stores
    """
    for kinds, answer in (
        ((Unauthorised,), Answer.REFUSED),
        ((ConfigError,), Answer.WRONG),
        ((PlannedOutage,), Answer.AWAY),
        ((RateLimited,), Answer.LIMITED),
        ((Unavailable, Ambiguous), Answer.SILENT),
        ((BrokerError,), Answer.WRONG),
    ):
        if isinstance(error, kinds):
            return answer
    raise error


def judged(before: Health, probe: Probe, rules: WatchSettings) -> Health:
    """How it is after one more probe."""
    known = before.fresh(probe.at, rules)
    recent = (*(before.recent if known else ()), probe.answer)[-RECENT:]
    state = _state(before.state, recent, rules)
    changed = state is not before.state
    if changed and state in {HealthState.UP, HealthState.MAINTENANCE}:
        recent = recent[-1:]  # what was before is over, and must not count against it
    return replace(
        before,
        state=state,
        since=probe.at if changed else before.since,
        checked_at=probe.at,
        watched_since=before.watched_since if known else probe.at,
        reason=probe.words,
        latency_ms=probe.latency_ms,
        left=probe.left,
        most=probe.most,
        recent=recent,
    )


def unknown(account_id: AccountId, broker: str, now: datetime) -> Health:
    """A broker that nobody has probed."""
    return Health(account_id, broker, HealthState.UNKNOWN, now, now, now)


def severity_of(state: HealthState) -> Severity | None:
    """How bad it is; None for what is no trouble."""
    return _SEVERITY.get(state)


def _state(before: HealthState, recent: tuple[Answer, ...], rules: WatchSettings) -> HealthState:
    last = recent[-1]
    if last is Answer.AWAY:
        return HealthState.MAINTENANCE
    for answer, needed, state in (
        (Answer.REFUSED, SURE_AFTER, HealthState.UNAUTHORISED),
        (Answer.WRONG, SURE_AFTER, HealthState.MISMATCHED),
        (Answer.SILENT, rules.down_after, HealthState.DOWN),
    ):
        if _row(recent, frozenset({answer})) >= needed:
            return state
    if before in UNUSABLE:
        return HealthState.UP if _row(recent, _ANSWERED) >= rules.up_after else before
    if before in {HealthState.UNKNOWN, HealthState.MAINTENANCE}:
        return HealthState.UP if last in _ANSWERED else before
    if before is HealthState.DEGRADED:
        good = _row(recent, frozenset({Answer.GOOD}))
        return HealthState.UP if good >= RECENT // 2 else before
    mixed = sum(one is not Answer.GOOD for one in recent)
    return HealthState.DEGRADED if mixed >= MOST_MIXED else before


def _row(recent: tuple[Answer, ...], wanted: frozenset[Answer]) -> int:
    """How many of the last in a row are among the wanted."""
    count = 0
    for one in reversed(recent):
        if one not in wanted:
            break
        count += 1
    return count
