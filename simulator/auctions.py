"""Opening and closing auctions: until when they take orders, and when they cross.

Source of the hours: the vendor's order guide. Orders for the open are taken until two minutes before it, those for the
close until ten minutes before it, and again from seven in the evening for the next session.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from simulator.hours import last_opened, local_time
from tieout.errors import MarketClosed
from tieout.orders import TimeInForce
from tieout.sessions import Sessions

AUCTIONS = frozenset({TimeInForce.OPEN, TimeInForce.CLOSE})
_BEFORE_OPEN = timedelta(minutes=2)
_BEFORE_CLOSE = timedelta(minutes=10)
_AGAIN_FROM = time(19)


def require_open_for_auction(until: TimeInForce, sessions: Sessions, now: datetime) -> None:
    """Raises MarketClosed between an auction's cut-off and the evening."""
    day = now.astimezone(sessions.zone).date()
    if until not in AUCTIONS or not sessions.is_session(day):
        return
    is_open = until is TimeInForce.OPEN
    cut_off = sessions.opens_at(day) - _BEFORE_OPEN if is_open else sessions.closes_at(day) - _BEFORE_CLOSE
    if cut_off <= now < local_time(sessions, day, _AGAIN_FROM):
        raise MarketClosed("simulator", f"{until} orders are not taken outside of market hours for that auction")


def crosses(until: TimeInForce, sessions: Sessions, now: datetime) -> bool:
    """Whether the auction of such orders happens at this very moment."""
    if until not in AUCTIONS:
        return False
    day = last_opened(sessions, now)
    return now == (sessions.opens_at(day) if until is TimeInForce.OPEN else sessions.closes_at(day))
