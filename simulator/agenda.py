"""What a broker does at which moment of a session: the bells, and the hours that its option policy adds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from enum import StrEnum

from simulator.hours import last_opened, local_time
from simulator.policy import OptionPolicy
from tieout.sessions import Sessions


class Hour(StrEnum):
    """In the order in which those of one moment come."""

    POST = "post"  # the morning shows what the evening before decided
    OPEN = "open"
    LIQUIDATE = "liquidate"
    CLOSE = "close"
    DECIDE = "decide"
    END = "end"  # interest, and what settles


_ORDER = list(Hour)


def agenda(
    policy: OptionPolicy, sessions: Sessions, after: datetime, until: datetime
) -> Iterator[tuple[datetime, Hour, date]]:
    """What is due inside (after, until], in order, with the session each belongs to."""
    day = last_opened(sessions, after)
    while local_time(sessions, day, time(0)) <= until:
        due = [(moment, hour) for moment, hour in _day(policy, sessions, day) if after < moment <= until]
        for moment, hour in sorted(due, key=lambda one: (one[0], _ORDER.index(one[1]))):
            yield moment, hour, day
        day = sessions.next(day)


def _day(policy: OptionPolicy, sessions: Sessions, day: date) -> Iterator[tuple[datetime, Hour]]:
    closes = sessions.closes_at(day)
    yield sessions.opens_at(day), Hour.OPEN
    yield closes, Hour.CLOSE
    yield closes, Hour.END
    yield policy.decision(day, sessions), Hour.DECIDE
    if (liquidates := policy.liquidation(day, sessions)) is not None:
        yield liquidates, Hour.LIQUIDATE
    if policy.posted_at is not None:
        yield local_time(sessions, day, policy.posted_at), Hour.POST
