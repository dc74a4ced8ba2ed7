"""The close that nobody confirmed: told by whoever does not depend on the close. Pure; time is given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tieout.alert import CLOSE, Alert, lasting, quoted
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.settings import AlertSettings
from tieout.verdict import OutcomeState

SOURCE = "watch"
CONFIRMS = frozenset(
    {OutcomeState.TIED_OUT, OutcomeState.BREAKS_OPEN, OutcomeState.CRITICAL_BREAKS, OutcomeState.INCOMPLETE}
)
"""States of a run that compared something, whatever it found."""


@dataclass(frozen=True, slots=True)
class RunSeen:
    """One run of the close. state: as the journal has it; ended: it is over; error: in its own words."""

    state: str
    ended: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """The last session of an account that is over.

    closed_at        UTC
    runs             of its close, the newest last
    expected_from    UTC, since when somebody looks after the account: what closed before is nobody's fault
    """

    account_id: AccountId
    business_date: date
    closed_at: datetime
    runs: Sequence[RunSeen]
    expected_from: datetime


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A session whose close is missing."""

    session: Session
    words: str

    @property
    def subject(self) -> str:
        """What the alert is about."""
        return subject_of(self.session.account_id, self.session.business_date)


def subject_of(account_id: AccountId, day: date) -> str:
    """What alerts about a missing close are about."""
    return f"confirmation {account_id} {day}"


def is_confirmed(session: Session) -> bool:
    """Whether any run of its close compared something."""
    return any(one.ended and one.state in CONFIRMS for one in session.runs)


def unconfirmed(sessions: Iterable[Session], rules: AlertSettings, now: datetime) -> tuple[Unconfirmed, ...]:
    """Sessions whose close should have been confirmed by now, and was not."""
    patience = timedelta(seconds=rules.close_within_s)
    late = [one for one in sessions if now >= one.closed_at + patience and _is_expected(one) and not is_confirmed(one)]
    return tuple(Unconfirmed(one, _words(one)) for one in late)


def compose_unconfirmed(found: Sequence[Unconfirmed]) -> Alert:
    """The dead man's message."""
    about = tuple(lasting(one.subject, account_id=one.session.account_id) for one in found)
    lines = [f"- {one.session.account_id} {one.session.business_date}: {one.words}" for one in found]
    lines.append(f"Nobody knows whether the book is right. Start it: `tieout run {CLOSE}`.")
    title = f"tieout: the close of {len(found)} account{'' if len(found) == 1 else 's'} has not been confirmed"
    return Alert(Severity.CRITICAL, title, "\n".join(lines), about, SOURCE)


def _is_expected(one: Session) -> bool:
    return bool(one.runs) or one.closed_at >= one.expected_from


def _words(one: Session) -> str:
    since = f"the session ended at {one.closed_at:%Y-%m-%d %H:%M} UTC"
    if not one.runs:
        return f"{since}, and no run of its close was started"
    last = one.runs[-1]
    if not last.ended:
        return f"{since}, and the last of {len(one.runs)} runs has not ended"
    told = f": {quoted(last.error)}" if last.error else ""
    return f"{since}, and the last of {len(one.runs)} runs was {last.state.replace('_', ' ')}{told}"
