"""Whether something is worth a message: what is known, getting worse, acknowledged or snoozed. Pure; time is given.

Whatever is told is about matters, each known by its subject. A matter that stays as it is is told again after a gap
that grows, one that changes or gets worse at once, one that a person has taken or put off only when that runs out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from tieout.alert import About
from tieout.errors import DataError
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.settings import AlertSettings

RANK = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)  # from harmless to worst
GONE_AFTER = timedelta(hours=24)  # what nobody has seen for so long was over, and is news when it comes back


class Standing(StrEnum):
    """What people have said of a matter."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"  # somebody is at it
    SNOOZED = "snoozed"  # nobody wants to hear of it for a while
    OVER = "over"


class Why(StrEnum):
    """Why a matter is told."""

    NEW = "new"
    CHANGED = "changed"
    WORSE = "worse"
    AGAIN = "again"  # it is still there, and the gap is over


@dataclass(frozen=True, slots=True)
class Matter:
    """What is known of one subject; times UTC.

    fingerprint    the same for the same thing said of it
    severity       the highest of this stretch, money at risk and age included
    first_seen     of this stretch: from when it came, or came back, until it is over
    occurrences    how often it was seen since then; tellings: how often people were told
    until          when an acknowledgement or snooze ends
    """

    subject: str
    fingerprint: str
    severity: Severity
    title: str
    first_seen: datetime
    last_seen: datetime
    source: str = ""
    account_id: AccountId | None = None
    state: Standing = Standing.OPEN
    occurrences: int = 1
    tellings: int = 0
    told_at: datetime | None = None
    until: datetime | None = None
    by: str | None = None
    reason: str | None = None
    money_at_risk: Decimal | None = None

    def rests(self, now: datetime) -> bool:
        """Whether a person has taken or put it off, and that still holds."""
        taken = self.state in {Standing.ACKNOWLEDGED, Standing.SNOOZED}
        return taken and self.until is not None and now < self.until


@dataclass(frozen=True, slots=True)
class Seen:
    """One occurrence.

    severity    as whoever saw it judges it
    money       at risk, base currency; None where it is not known, or already weighed
    """

    about: About
    severity: Severity
    title: str
    source: str = ""
    money: Decimal | None = None


def worst(severities: Iterable[Severity]) -> Severity:
    """The gravest; info where there is none."""
    return max(severities, key=RANK.index, default=Severity.INFO)


def graded(severity: Severity, money: Decimal | None, age: timedelta, rules: AlertSettings) -> Severity:
    """What a matter weighs with its money at risk and its age.

    money    base currency
    age      since it was first seen, without anybody having taken it; news that is no trouble never gets worse by age
    """
    found = severity
    if money is not None and abs(money) >= rules.critical_money:
        found = Severity.CRITICAL
    if severity is Severity.WARNING and age >= timedelta(seconds=rules.critical_after_s):
        found = Severity.CRITICAL
    return found


def observe(before: Matter | None, seen: Seen, rules: AlertSettings, now: datetime) -> tuple[Matter, Why | None]:
    """What is known after one more occurrence, and why it is told; None where it is not."""
    if before is None or _is_over(before, seen, now):
        return _first(seen, rules, now), Why.NEW
    age = now - before.first_seen if seen.about.repeats and not before.rests(now) else timedelta(0)
    severity = graded(seen.severity, seen.money, age, rules)
    why = _why(before, seen, severity, rules, now)
    rests = before.rests(now) and why is None
    after = replace(
        before,
        fingerprint=seen.about.fingerprint,
        severity=severity if why is not None else worst((severity, before.severity)),
        title=seen.title,
        last_seen=now,
        occurrences=before.occurrences + 1,
        tellings=before.tellings + (why is not None),
        told_at=now if why is not None else before.told_at,
        state=before.state if rests else Standing.OPEN,
        until=before.until if rests else None,
        money_at_risk=seen.money,
    )
    return after, why


def gap(tellings: int, rules: AlertSettings) -> timedelta:
    """How long people are left alone after they were told so often: doubled each time, up to the longest."""
    seconds = rules.repeat_after_s * 2 ** min(max(tellings - 1, 0), 30)
    return timedelta(seconds=min(seconds, rules.longest_repeat_s))


def acknowledged(matter: Matter, by: str, reason: str, until: datetime, now: datetime) -> Matter:
    """Somebody is at it: nothing more is told before `until`, unless it changes or gets worse."""
    return _taken(matter, Standing.ACKNOWLEDGED, by, reason, until, now)


def snoozed(matter: Matter, by: str, reason: str, until: datetime, now: datetime) -> Matter:
    """Nobody is told before `until`, changed or not, unless it gets worse."""
    return _taken(matter, Standing.SNOOZED, by, reason, until, now)


def ended(matter: Matter, now: datetime) -> Matter:
    """The trouble is over. When it comes back it is news."""
    return replace(matter, state=Standing.OVER, last_seen=now, until=None)


def _first(seen: Seen, rules: AlertSettings, now: datetime) -> Matter:
    about = seen.about
    severity = graded(seen.severity, seen.money, timedelta(0), rules)
    return Matter(
        about.subject,
        about.fingerprint,
        severity,
        seen.title,
        now,
        now,
        seen.source,
        about.account_id,
        tellings=1,
        told_at=now,
        money_at_risk=seen.money,
    )


def _is_over(before: Matter, seen: Seen, now: datetime) -> bool:
    if before.state is Standing.OVER:
        return True
    return seen.about.repeats and not before.rests(now) and now - before.last_seen >= GONE_AFTER


def _why(before: Matter, seen: Seen, severity: Severity, rules: AlertSettings, now: datetime) -> Why | None:
    if RANK.index(severity) > RANK.index(before.severity):
        return Why.WORSE
    if before.state is Standing.SNOOZED and before.rests(now):
        return None
    if seen.about.fingerprint != before.fingerprint:
        return Why.CHANGED
    if before.rests(now) or not seen.about.repeats or severity is Severity.INFO:
        return None
    rested = before.state is not Standing.OPEN
    due = before.told_at is None or rested or now - before.told_at >= gap(before.tellings, rules)
    return Why.AGAIN if due else None


def _taken(matter: Matter, state: Standing, by: str, reason: str, until: datetime, now: datetime) -> Matter:
    if not by.strip():
        raise DataError("an alert is taken by somebody: give a name")
    if until <= now:
        raise DataError(f"{until:%Y-%m-%d %H:%M} UTC is over: give a moment to come")
    if matter.state is Standing.OVER:
        raise DataError(f"{matter.title!r} is over: there is nothing to take")
    return replace(matter, state=state, by=by.strip(), reason=reason.strip() or None, until=until)
