"""Which messages leave now, as how many, and what becomes of those that do not arrive. Pure; time is given.

A channel takes a few messages in a window of time; what comes on top waits and leaves as one. Quiet hours and the
channel's budget hold back everything that is not critical. What is critical is tried until somebody has taken it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tieout.alert import About, Alert, lasting
from tieout.alerts import RANK, worst
from tieout.outages import away_until
from tieout.recon.types import Severity
from tieout.settings import AlertSettings

HOUR = timedelta(hours=1)
KEPT_FOR = timedelta(hours=24)  # how long a message that is not critical is tried
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)  # between tries of one message
SHOWN = 20  # messages in one that is rolled up
SHOWN_LINES = 8  # of each of them


class MessageState(StrEnum):
    """What became of a message to one channel."""

    WAITING = "waiting"  # held back, or not taken yet
    SENT = "sent"
    REROUTED = "rerouted"  # a fallback channel took it
    SUPERSEDED = "superseded"  # a newer one about the same left in its place
    DROPPED = "dropped"  # not critical, and nobody took it for a day


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message that has to reach one channel.

    channel     the reference of its URL
    due_at      UTC, of the next try
    subjects    what it is about
    """

    message_id: int
    channel: str
    severity: Severity
    title: str
    body: str
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """What leaves as one message."""

    channel: str
    messages: tuple[Waiting, ...]

    @property
    def severity(self) -> Severity:
        """Of the gravest in it."""
        return worst(one.severity for one in self.messages)

    @property
    def alert(self) -> Alert:
        """As it is sent: itself, or rolled up."""
        if len(self.messages) == 1:
            only = self.messages[0]
            return Alert(only.severity, only.title, only.body, _about([only]))
        return rolled_up(self.messages)


@dataclass(frozen=True, slots=True)
class Left:
    """A message that left for a channel, UTC."""

    at: datetime
    severity: Severity


@dataclass(frozen=True, slots=True)
class Retry:
    """What becomes of a message that nobody took: tried again then, or given up."""

    state: MessageState
    due_at: datetime


def batches(
    waiting: Sequence[Waiting], left: Mapping[str, Sequence[Left]], rules: AlertSettings, now: datetime
) -> tuple[Batch, ...]:
    """What leaves now.

    left    by channel, what left within the last hour
    """
    found: list[Batch] = []
    for channel in dict.fromkeys(one.channel for one in waiting):
        due = [one for one in waiting if one.channel == channel and one.due_at <= now]
        critical = [one for one in due if one.severity is Severity.CRITICAL]
        rest = [one for one in due if one.severity is not Severity.CRITICAL]
        before = [one for one in left.get(channel, ()) if one.at > now - HOUR]
        grave = [one for one in before if one.severity is Severity.CRITICAL]
        spent = len(before) >= rules.budget_per_hour
        sent = _batches(channel, critical, grave, 1 if spent else rules.burst, rules, now)
        if not spent and away_until(rules.quiet_hours, now) is None:
            room = rules.budget_per_hour - len(before) - len(sent)
            mild = [one for one in before if one.severity is not Severity.CRITICAL]
            sent += _batches(channel, rest, mild, min(rules.burst, room), rules, now)
        found += sent
    return tuple(found)


def rolled_up(messages: Sequence[Waiting]) -> Alert:
    """Several messages as one, the worst and oldest first."""
    ordered = sorted(messages, key=lambda one: (-RANK.index(one.severity), one.created_at, one.message_id))
    parts = [f"[{one.severity}] {one.title}\n{_cut(one.body)}".rstrip() for one in ordered[:SHOWN]]
    if len(ordered) > SHOWN:
        parts.append(f"… and {len(ordered) - SHOWN} more: `tieout alerts list` has all")
    title = f"tieout: {len(ordered)} alerts, first {ordered[0].title.removeprefix('tieout ')}"
    return Alert(ordered[0].severity, title, "\n\n".join(parts), _about(ordered))


def after_failure(message: Waiting, now: datetime) -> Retry:
    """Tried again after a wait that doubles; what is not critical is given up after a day."""
    if message.severity is not Severity.CRITICAL and now - message.created_at >= KEPT_FOR:
        return Retry(MessageState.DROPPED, now)
    wait = min(FIRST_WAIT * 2 ** min(message.attempts, 10), LONGEST_WAIT)
    return Retry(MessageState.WAITING, now + wait)


def takes_over(channel: str, severity: Severity, rules: AlertSettings) -> tuple[str, ...]:
    """The channels that are tried, in order, where one does not take a message; nobody for what is no trouble."""
    if severity is Severity.INFO:
        return ()
    return tuple(one for one in dict.fromkeys(rules.fallback) if one != channel)


def channels_of(severity: Severity, rules: AlertSettings) -> tuple[str, ...]:
    """References of the targets that a severity goes to, each once."""
    named = {Severity.CRITICAL: rules.critical, Severity.WARNING: rules.warning, Severity.INFO: rules.info}
    return tuple(dict.fromkeys(named[severity]))


def _batches(
    channel: str, due: Sequence[Waiting], before: Iterable[Left], burst: int, rules: AlertSettings, now: datetime
) -> list[Batch]:
    """One by one while the window has room, and all that is more than that as one."""
    recent = sum(one.at > now - timedelta(seconds=rules.roll_up_s) for one in before)
    room = burst - recent
    if not due or room <= 0:
        return []
    if len(due) <= room:
        return [Batch(channel, (one,)) for one in due]
    return [*(Batch(channel, (one,)) for one in due[: room - 1]), Batch(channel, tuple(due[room - 1 :]))]


def _about(messages: Iterable[Waiting]) -> tuple[About, ...]:
    return tuple(lasting(subject) for subject in dict.fromkeys(each for one in messages for each in one.subjects))


def _cut(body: str) -> str:
    lines = body.splitlines()
    more = [f"… {len(lines) - SHOWN_LINES} lines more"] if len(lines) > SHOWN_LINES else []
    return "\n".join([*lines[:SHOWN_LINES], *more])
