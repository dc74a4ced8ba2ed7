"""Trading before and after the session: from four in the morning to eight in the evening, exchange time."""

from __future__ import annotations

from datetime import datetime, time

from simulator.hours import local_time, next_close
from tieout.sessions import Sessions

_FROM, _UNTIL = time(4), time(20)


def is_extended(sessions: Sessions, now: datetime) -> bool:
    """Whether extended hours or the session itself are on."""
    day = now.astimezone(sessions.zone).date()
    return sessions.is_session(day) and local_time(sessions, day, _FROM) <= now < local_time(sessions, day, _UNTIL)


def extended_end(sessions: Sessions, now: datetime) -> datetime:
    """When a day order for extended hours ends, UTC: this evening, or the next session's."""
    today = now.astimezone(sessions.zone).date()
    if sessions.is_session(today) and now < local_time(sessions, today, _UNTIL):
        return local_time(sessions, today, _UNTIL)
    return local_time(sessions, next_close(sessions, now).astimezone(sessions.zone).date(), _UNTIL)
