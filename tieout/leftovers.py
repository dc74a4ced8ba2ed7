"""Orders that a run left behind: which of them somebody else may see to, and when nothing is left to be done. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tieout.ids import AccountId, IntentId
from tieout.money import ZERO
from tieout.next_action import is_unsettled
from tieout.orders import OrderState
from tieout.placement import Placement, Policy
from tieout.sessions import Sessions
from tieout.windows import Window

# What ended is looked for among the sessions of so many days: what a venue has not shown by then the close has found.
LOOK_BACK = timedelta(days=7)
_AT_WORK = frozenset({OrderState.WORKING, OrderState.PARTIALLY_FILLED})


@dataclass(frozen=True, slots=True)
class Leftover:
    """What one lease guards.

    account_id, window, business_date   of the run that decided on them; an heir works at another account under it
    intents                             roots of families of which something is left
    """

    lease_key: str
    account_id: AccountId
    window: str
    business_date: date
    intents: tuple[IntentId, ...]


def is_left(row: Placement, policy: Policy) -> bool:
    """Whether something is to be found out, booked or confirmed. An order that plainly works is none of it."""
    if row.state in _AT_WORK and row.cancel is None:
        return row.fills_missing
    return not row.ended or row.fills_missing or is_unsettled(row, policy)


def only_to_book(row: Placement) -> bool:
    """Whether nothing can come of it any more but entries in the book: no send, no cancel and no heir."""
    return row.ended and row.fills_missing and row.remaining == ZERO and row.heir is None


def is_over(window: Window | None, day: date, sessions: Sessions, now: datetime) -> bool:
    """Whether a window's time has passed, so that nobody will work in it again.

    window    None for one that is not configured any more, and for closing orders of a halt: over after its session
    """
    if window is None or not sessions.is_session(day):
        return day < sessions.business_date(now)
    span = window.span(day, sessions)
    return span is None or span[1] <= now
