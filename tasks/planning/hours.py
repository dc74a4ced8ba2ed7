"""What each account's venue says of its hours, beside what the calendar says. A difference is told once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.accounts import open_broker, sessions_of
from tasks.clock import now
from tasks.settings import load_settings
from tasks.stores import open_journal
from tieout.errors import TieoutError, Unsupported
from tieout.ids import AccountId
from tieout.planning.hours import Hours, differences
from tieout.planning.rules import DayPlan
from tieout.redact import redact_text

if TYPE_CHECKING:
    from brokers.base import Broker

AHEAD = (10, 3, 0)  # days; some venues state the next few only


@dataclass(frozen=True, slots=True)
class Compared:
    """One account's calendar beside its venue's.

    words    what came of it, one line
    found    what differs, by session
    news     those of them that nobody was told of yet
    failed   the venue could not be asked
    """

    account_id: AccountId
    words: str
    found: dict[date, str]
    news: dict[date, str]
    failed: bool = False


@task(task_run_name="compare hours {plan.account_id}", cache_policy=NO_CACHE)
def compare_hours(plan: DayPlan) -> Compared:
    """Ask the venue for its sessions of the next days. A venue that cannot be asked keeps no run from being planned."""
    settings = load_settings()
    account = settings.accounts[plan.account_id]
    try:
        with open_broker(settings, account) as broker:
            theirs, until = _asked(broker, plan.day)
    except Unsupported:
        return Compared(plan.account_id, "the venue states no sessions", {}, {})
    except TieoutError as error:
        words = f"the venue could not be asked: {redact_text(str(error))}"
        return Compared(plan.account_id, words, {}, {}, failed=True)
    found = differences(sessions_of(account), theirs, plan.day, until)
    with open_journal() as opened, opened.write() as journal:
        from sql.planned import note_differences

        news = note_differences(journal, plan.account_id, found, plan.day, now())
    words = f"{len(found)} sessions differ" if found else f"agrees with {account.account.calendar} until {until}"
    return Compared(plan.account_id, words, found, news)


def _asked(broker: Broker, day: date) -> tuple[dict[date, Hours], date]:
    """The venue's sessions from a day on, and up to which day they are known.

    raises    Unsupported where the venue states none at all
    """
    for days in AHEAD[:-1]:
        try:
            return _sessions(broker, day, day + timedelta(days=days))
        except Unsupported:
            continue
    return _sessions(broker, day, day + timedelta(days=AHEAD[-1]))


def _sessions(broker: Broker, start: date, end: date) -> tuple[dict[date, Hours], date]:
    return {one.business_date: (one.opens_at, one.closes_at) for one in broker.fetch_sessions(start, end)}, end
