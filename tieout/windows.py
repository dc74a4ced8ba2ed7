"""Execution windows: when, inside an exchange session, orders are sent and followed. Pure.

A window is said relative to the session's open and close, so that half days and other hours move it by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from tieout.accounts import Account
from tieout.errors import ConfigError
from tieout.ids import AccountId
from tieout.orders import TimeInForce
from tieout.sessions import Sessions

_MOMENT = re.compile(r"(open|close)(?:([+-])(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?)?")


class Anchor(StrEnum):
    OPEN = "open"
    CLOSE = "close"


class AtEnd(StrEnum):
    """What becomes of orders that still work when their window ends."""

    CANCEL = "cancel"
    LEAVE = "leave"  # they go on at the venue, and the next run follows them
    MARKET = "market"  # what is left is bought or sold at the market


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a session, such as `open-15m`."""

    anchor: Anchor
    offset: timedelta = timedelta(0)

    def at(self, session: date, sessions: Sessions) -> datetime:
        """The moment in a session, UTC."""
        fixed = sessions.opens_at(session) if self.anchor is Anchor.OPEN else sessions.closes_at(session)
        return fixed + self.offset


@dataclass(frozen=True, slots=True)
class Window:
    """One `[windows.NAME]` table.

    accounts        those it is for; empty for all
    time_in_force   of its orders where a signal names none
    """

    name: str
    begins: Moment
    ends: Moment
    accounts: tuple[AccountId, ...] = ()
    at_end: AtEnd = AtEnd.CANCEL
    time_in_force: TimeInForce = TimeInForce.DAY

    def span(self, session: date, sessions: Sessions) -> tuple[datetime, datetime] | None:
        """When it begins and ends in a session, UTC; None where a short session leaves nothing of it."""
        begins, ends = self.begins.at(session, sessions), self.ends.at(session, sessions)
        return (begins, ends) if begins < ends else None

    def is_for(self, account: AccountId) -> bool:
        """Whether an account trades in it."""
        return not self.accounts or account in self.accounts


# The usual ones of an exchange: the opening auction, the session, the closing auction. Alpaca takes opening
# orders until 09:28 and closing ones until 15:50, New York (its order documentation).
USUAL = (
    Window(
        "open-auction",
        Moment(Anchor.OPEN, timedelta(minutes=-30)),
        Moment(Anchor.OPEN, timedelta(minutes=5)),
        time_in_force=TimeInForce.OPEN,
    ),
    Window("session", Moment(Anchor.OPEN), Moment(Anchor.CLOSE, timedelta(minutes=-15))),
    Window(
        "close-auction",
        Moment(Anchor.CLOSE, timedelta(minutes=-15)),
        Moment(Anchor.CLOSE, timedelta(minutes=5)),
        time_in_force=TimeInForce.CLOSE,
    ),
)

# Where the market never closes there are no auctions and no day at whose end an order lapses.
AROUND_THE_CLOCK = Window(
    "around-the-clock",
    Moment(Anchor.OPEN),
    Moment(Anchor.CLOSE),
    at_end=AtEnd.LEAVE,
    time_in_force=TimeInForce.GTC,
)


def usual(accounts: Iterable[Account]) -> tuple[Window, ...]:
    """The windows of a desk that configures none: each account has those of its kind of market."""
    every = list(accounts)
    always = tuple(one.account_id for one in every if one.calendar.startswith("24/7"))
    if not always:
        return USUAL
    others = tuple(one.account_id for one in every if one.account_id not in always)
    if not others:
        return (AROUND_THE_CLOCK,)
    return (*(replace(one, accounts=others) for one in USUAL), replace(AROUND_THE_CLOCK, accounts=always))


def moment(text: str) -> Moment:
    """`open`, `close`, `open+30m`, `close-1h15m`.

    raises    ConfigError telling how it is written
    """
    found = _MOMENT.fullmatch(text.replace(" ", ""))
    if found is None or (found[2] and not any(found.group(3, 4, 5))):
        raise ConfigError(f"{text!r} is no moment of a session; write one such as open, open+30m or close-1h15m")
    hours, minutes, seconds = (int(part or 0) for part in found.group(3, 4, 5))
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return Moment(Anchor(found[1]), -offset if found[2] == "-" else offset)
