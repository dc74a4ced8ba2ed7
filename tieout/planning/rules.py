"""Which runs a session of an account needs, and when: the one home of the day's times. Pure.

Everything is said by the session's opening and close, which come from the exchange's calendar: half days, ad-hoc
closures and daylight saving move the runs by themselves. What would fall into a planned outage of the venue, such as a
gateway's nightly restart, is moved behind it; after the last outage before the opening, and after each during the
session, one look is taken whether the venue is back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from tieout.ids import AccountId
from tieout.outages import Outage, away_until, ends_between
from tieout.planning.settings import ASSIGNMENT, CLOSE, EXPIRATION, HEALTH, WINDOW, PlanSettings
from tieout.sessions import Sessions
from tieout.settings import AccountSettings, Settings
from tieout.windows import Moment, Window

OPTION_EXCHANGES = frozenset({"XNYS"})  # OCC options follow the calendar of the shares
EARLY = timedelta(hours=2)  # what runs that soon after midnight is planned on the day before
BEFORE_OPEN = timedelta(hours=24)  # an outage that ended longer before the opening has been looked at since


@dataclass(frozen=True, slots=True)
class Due:
    """One run that a session of one account needs.

    part      which of the flow's runs in that session: a window's name, `decide`; empty where there is but one
    at        UTC
    latest    UTC, from which on it is too late to act; None where it never is
    why       the rule, `close+45m`, and where an outage moved it
    place     where its worker must be, such as beside a gateway; empty for anywhere
    """

    flow: str
    part: str
    account_id: AccountId
    session: date
    at: datetime
    latest: datetime | None
    why: str
    place: str = ""

    @property
    def key(self) -> str:
        """What makes it one run, however often it is planned: flow, account, session."""
        return run_key(self.flow, self.part, self.account_id, self.session)

    @property
    def name(self) -> str:
        """`execution-window/session`."""
        return f"{self.flow}/{self.part}" if self.part else self.flow


@dataclass(frozen=True, slots=True)
class DayPlan:
    """One account's runs of a day, in order of time.

    day       by the exchange's clock
    session   the session of that day; None where there is none
    why       why nothing is planned; None where something is
    notes     what is left out, and why
    """

    account_id: AccountId
    day: date
    session: date | None
    dues: tuple[Due, ...] = ()
    why: str | None = None
    notes: tuple[str, ...] = ()


def run_key(flow: str, part: str, account_id: str, session: date) -> str:
    """`execution-window/session:alpaca-main:2026-01-16`."""
    return f"{flow}/{part}:{account_id}:{session}" if part else f"{flow}:{account_id}:{session}"


def said(moment: Moment) -> str:
    """`close+45m`, as the settings write it."""
    seconds = int(abs(moment.offset).total_seconds())
    parts = [(seconds // 3600, "h"), (seconds % 3600 // 60, "m"), (seconds % 60, "s")]
    words = "".join(f"{number}{unit}" for number, unit in parts if number)
    sign = "" if not words else "-" if moment.offset < timedelta(0) else "+"
    return f"{moment.anchor}{sign}{words}"


def plan_account(
    settings: Settings,
    account: AccountSettings,
    day: date | None,
    now: datetime,
    sessions: Sessions,
    outages: Sequence[Outage],
) -> DayPlan:
    """An account's runs of a day: those of its session, and of the next session what falls on that day already.

    day        the day asked for, whose session alone is planned then; None means today by the exchange's clock
    now        aware UTC
    outages    every planned outage of the account's venue
    """
    name = account.account.account_id
    today = day or now.astimezone(sessions.zone).date()
    wanted = [today] if sessions.is_session(today) else []
    dues = [due for one in wanted for due in dues_of(settings, account, one, sessions, outages)]
    if day is None:
        ends = datetime.combine(today + timedelta(days=1), time(), sessions.zone) + EARLY
        ahead = dues_of(settings, account, sessions.next(today), sessions, outages)
        dues += [due for due in ahead if due.at < ends]
    planned = {due.key for due in dues}
    notes = tuple(note for one in wanted for note in _left_out(settings, account, one, sessions, outages, planned))
    why = None if wanted else f"{today} is no session: {sessions.why_closed(today)}"
    return DayPlan(name, today, wanted[0] if wanted else None, tuple(sorted(dues, key=_in_order)), why, notes)


def dues_of(
    settings: Settings, account: AccountSettings, session: date, sessions: Sessions, outages: Sequence[Outage]
) -> tuple[Due, ...]:
    """Every run of one session, in order of time; what an outage leaves no time for is left out."""
    moved = (
        _behind_outages(due, begins, settings.plan, outages)
        for due, begins in _raw(settings, account, session, sessions)
    )
    after = _after_outages(settings.plan, account, session, sessions, outages)
    kept = [due for due in (*moved, *after) if due.latest is None or due.at < due.latest]
    return tuple(sorted(kept, key=_in_order))


def _raw(
    settings: Settings, account: AccountSettings, session: date, sessions: Sessions
) -> Iterator[tuple[Due, datetime]]:
    """Each run with the moment at which its venue is needed."""
    plan, name = settings.plan, account.account.account_id
    closes, place = sessions.closes_at(session), plan.near.get(account.account.broker, "")

    def due(flow: str, part: str, moment: Moment, latest: datetime | None) -> tuple[Due, datetime]:
        at = moment.at(session, sessions)
        return Due(flow, part, name, session, at, latest, said(moment), place), at

    for one in dict.fromkeys(plan.health):
        yield due(HEALTH, said(one), one, closes)
    if sessions.exchange in OPTION_EXCHANGES:
        next_opening = sessions.opens_at(sessions.next(session))
        yield due(ASSIGNMENT, "", plan.assignment, closes)
        yield due(EXPIRATION, "forecast", plan.forecast, plan.decide.at(session, sessions))
        yield due(EXPIRATION, "decide", plan.decide, closes)
        yield due(EXPIRATION, "expect", plan.expect, next_opening)
    for window in settings.windows:
        if window.is_for(name) and (span := window.span(session, sessions)):
            yield _of_window(window, span, account, session, settings.plan), span[0]
    yield due(CLOSE, "", plan.close, None)


def _of_window(
    window: Window, span: tuple[datetime, datetime], account: AccountSettings, session: date, plan: PlanSettings
) -> Due:
    at = span[0] - timedelta(seconds=plan.window_lead_s)
    why = f"{plan.window_lead_s:g} s before {said(window.begins)}"
    place = plan.near.get(account.account.broker, "")
    return Due(WINDOW, window.name, account.account.account_id, session, at, span[1], why, place)


def _behind_outages(due: Due, needed: datetime, plan: PlanSettings, outages: Iterable[Outage]) -> Due:
    """The run, moved behind the outage that the moment at which it needs the venue falls into."""
    back = away_until(outages, needed)
    if back is None:
        return due
    words = f"{due.why}, moved: the venue is away until {back:%Y-%m-%d %H:%M} UTC"
    return replace(due, at=back + timedelta(seconds=plan.after_outage_s), why=words)


def _after_outages(
    plan: PlanSettings, account: AccountSettings, session: date, sessions: Sessions, outages: Sequence[Outage]
) -> Iterator[Due]:
    """A look at the venue after the last outage before the opening, and after each one during the session."""
    opens, closes = sessions.opens_at(session), sessions.closes_at(session)
    ends = ends_between(outages, opens - BEFORE_OPEN, closes)
    wanted = [*[one for one in ends if one <= opens][-1:], *[one for one in ends if one > opens]]
    place = plan.near.get(account.account.broker, "")
    for back in wanted:
        at = back + timedelta(seconds=plan.after_outage_s)
        why = f"{plan.after_outage_s:g} s after the venue's planned outage"
        part = f"back-{back:%d-%H%M}"
        yield Due(HEALTH, part, account.account.account_id, session, at, closes, why, place)


def _left_out(
    settings: Settings,
    account: AccountSettings,
    session: date,
    sessions: Sessions,
    outages: Sequence[Outage],
    planned: Collection[str],
) -> Iterator[str]:
    """What the session has no time for, and why."""
    for window in settings.windows:
        if window.is_for(account.account.account_id) and window.span(session, sessions) is None:
            yield f"the session of {session} is too short for window {window.name}"
    for due, needed in _raw(settings, account, session, sessions):
        if due.key not in planned:
            yield f"{due.name} is left out: {_behind_outages(due, needed, settings.plan, outages).why}"


def _in_order(due: Due) -> tuple[datetime, str, str]:
    return due.at, due.name, due.account_id
