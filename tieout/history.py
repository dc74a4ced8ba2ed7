"""What an account did before tieout looked after it: over which time the broker is asked, and in which pieces. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tieout.errors import DataError
from tieout.ids import AccountId
from tieout.imports.batch import require_signature
from tieout.records import Activity, ActivityKind, Execution, Statement
from tieout.sessions import Sessions

PIECE = timedelta(days=31)  # a broker's list is read to its end: a month of it is few pages, and tried again alone
UNBOOKED = frozenset({ActivityKind.OTHER})  # kinds that nobody can say the meaning of: a close brings them up as breaks


@dataclass(frozen=True, slots=True)
class History:
    """One import: over (since, until], UTC.

    signed_off_by   who answers for it: no close has compared these records with anything
    """

    account_id: AccountId
    since: datetime
    until: datetime
    signed_off_by: str
    dry_run: bool = False

    @property
    def pieces(self) -> tuple[tuple[datetime, datetime], ...]:
        """The time in pieces, oldest first, without a gap and without one moment twice."""
        found, begins = [], self.since
        while begins < self.until:
            ends = min(begins + PIECE, self.until)
            found.append((begins, ends))
            begins = ends
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Piece:
    """What one piece gave: records to book, what is left for a person to look at, and what the lists do not cover."""

    executions: tuple[Execution, ...]
    activities: tuple[Activity, ...]
    left: tuple[str, ...]
    notes: tuple[str, ...] = ()


def plan_history(
    account_id: AccountId,
    since: date,
    until: date | None,
    signed_off_by: str,
    *,
    opened: date | None,
    sessions: Sessions,
    now: datetime,
    dry_run: bool,
) -> History:
    """The time to ask for: from before the first session to the close of the last one.

    since     first session whose events are booked
    until     last one; None for the last that has closed
    opened    session at whose close the signed-off opening positions were held, None without one
    raises    DataError for a time that is empty, still to come, or already inside the opening positions
    """
    last = until or sessions.last_closed(now)
    if since > last:
        raise DataError(f"since {since} is after {last}: there is nothing in between")
    if opened is not None and since <= opened:
        raise DataError(
            f"{account_id} was opened with what it held after {opened}: what happened until then is in that already. "
            f"Begin after it, with {sessions.next(opened) if sessions.is_session(opened) else opened}."
        )
    if last > sessions.last_closed(now):
        raise DataError(f"{last} has not closed yet: what still happens is for its own close")
    before = sessions.previous(since)
    begins, ends = sessions.closes_at(before), sessions.closes_at(_session_until(last, sessions))
    return History(account_id, begins.astimezone(UTC), ends.astimezone(UTC), require_signature(signed_off_by), dry_run)


def sorted_out(stated: Statement) -> Piece:
    """The records of a piece that can be booked, and in words the rows that cannot."""
    activities = stated.activities.records
    left = [f"{one.activity_id}: {one.venue_kind} {one.description}".strip() for one in activities if _is_left(one)]
    left += [f"not readable: {row}" for row in (*stated.executions.unmapped, *stated.activities.unmapped)]
    notes = tuple(dict.fromkeys((*stated.executions.notes, *stated.activities.notes)))
    return Piece(stated.executions.records, tuple(one for one in activities if not _is_left(one)), tuple(left), notes)


def together(pieces: Iterable[Piece]) -> Piece:
    """All pieces as one."""
    parts = tuple(pieces)
    return Piece(
        tuple(one for part in parts for one in part.executions),
        tuple(one for part in parts for one in part.activities),
        tuple(one for part in parts for one in part.left),
        tuple(dict.fromkeys(one for part in parts for one in part.notes)),
    )


def _is_left(one: Activity) -> bool:
    return one.kind in UNBOOKED


def _session_until(day: date, sessions: Sessions) -> date:
    return day if sessions.is_session(day) else sessions.previous(day)
