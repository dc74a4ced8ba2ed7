"""Opening hours as moments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from tieout.sessions import Sessions

_ABOVE = timedelta(days=2)  # no session opens more than a day before the date it is named by


class Bell(StrEnum):
    OPEN = "open"
    CLOSE = "close"


def last_opened(sessions: Sessions, moment: datetime) -> date:
    """The latest session that has opened by `moment`; it may be over."""
    day = sessions.previous(moment.astimezone(sessions.zone).date() + _ABOVE)
    while sessions.opens_at(day) > moment:
        day = sessions.previous(day)
    return day


def is_open(sessions: Sessions, moment: datetime) -> bool:
    """Whether `moment` lies in a session: from the open up to the close, close excluded."""
    return moment < sessions.closes_at(last_opened(sessions, moment))


def next_close(sessions: Sessions, moment: datetime) -> datetime:
    """The first close after `moment`, UTC."""
    day = last_opened(sessions, moment)
    return sessions.closes_at(day if moment < sessions.closes_at(day) else sessions.next(day))


def next_open(sessions: Sessions, moment: datetime) -> datetime:
    """The first open after `moment`, UTC."""
    return sessions.opens_at(sessions.next(last_opened(sessions, moment)))


def bells(sessions: Sessions, after: datetime, until: datetime) -> Iterator[tuple[datetime, Bell, date]]:
    """Opens and closes inside (after, until], in order, with the session each belongs to."""
    day = last_opened(sessions, after)
    while sessions.opens_at(day) <= until:
        for moment, bell in ((sessions.opens_at(day), Bell.OPEN), (sessions.closes_at(day), Bell.CLOSE)):
            if after < moment <= until:
                yield moment, bell, day
        day = sessions.next(day)


def local_time(sessions: Sessions, day: date, wall: time) -> datetime:
    """A wall time of a day in the calendar's zone, as UTC."""
    return datetime.combine(day, wall, sessions.zone).astimezone(UTC)
