"""Where a venue's calendar says something else than ours. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from tieout.sessions import Sessions

Hours = tuple[datetime, datetime]
"""Opening and close, UTC."""


def differences(ours: Sessions, theirs: Mapping[date, Hours], start: date, end: date) -> dict[date, str]:
    """What differs, by session, from `start` to `end`, both included: who says what, and what to write where."""
    days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
    told = ((day, _difference(ours, day, theirs.get(day))) for day in days)
    return {day: words for day, words in told if words}


def _difference(ours: Sessions, day: date, theirs: Hours | None) -> str | None:
    mine = (ours.opens_at(day), ours.closes_at(day)) if ours.is_session(day) else None
    if mine == theirs:
        return None
    said = f"{day}: {ours.calendar} says {_words(ours, mine)}, the venue says {_words(ours, theirs)}"
    return f"{said}. {_advice(ours, day, mine, theirs)}"


def _words(ours: Sessions, hours: Hours | None) -> str:
    if hours is None:
        return "no session"
    opens, closes = (one.astimezone(ours.zone) for one in hours)
    return f"{opens:%H:%M} to {closes:%H:%M %Z}"


def _advice(ours: Sessions, day: date, mine: Hours | None, theirs: Hours | None) -> str:
    """The line that makes the calendar say what the venue says, where there is one."""
    if theirs is None:
        return f"If the venue is right, write {ours.calendar} = [{day}] into [calendars]"
    if mine is not None and theirs[0] == mine[0] and theirs[1] < mine[1]:
        hour = theirs[1].astimezone(ours.zone)
        return f'If the venue is right, write {ours.calendar} = ["{day} {hour:%H:%M}"] into [calendars]'
    return "Runs keep to the calendar; if the venue is right, exchange-calendars needs an update"
