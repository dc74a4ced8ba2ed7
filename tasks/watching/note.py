"""Writing down what a probe said: the broker's health, and the breaker that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tasks.audit import append_call_lines
from tieout.breakers import Breaker, BreakerName, BreakerState
from tieout.health import Health
from tieout.health_news import LIFTED_BY, lets_go, trip_of
from tieout.settings import AccountSettings, WatchSettings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from brokers.http.calls import Call
    from sql.journal import Journal


def note_health(
    journal: Journal,
    rules: WatchSettings,
    account: AccountSettings,
    before: Health,
    after: Health,
    calls: Sequence[Call],
) -> None:
    """Health and breaker in one transaction; the calls only where they changed something, for they come for ever.

    raises    StoreError where the journal cannot be written
    """
    from sql.health import record_health

    with journal.write() as connection:
        record_health(connection, before.state, after)
        _feed_breaker(connection, rules, account, after, after.checked_at)
        if before.state is not after.state:
            append_call_lines(connection, after.account_id, calls)


def _feed_breaker(
    connection: Connection, rules: WatchSettings, account: AccountSettings, health: Health, now: datetime
) -> None:
    from sql.breakers import lift, read_breakers, trip

    known = [one for one in read_breakers(connection, health.account_id) if _is_mine(one, health)]
    if lets_go(health):
        for one in known:
            if one.state is BreakerState.TRIPPED:
                lift(connection, one.account_id, one.name, one.scope, LIFTED_BY, "the venue answers again", now)
        return
    wanted = trip_of(health, account.limits, rules, now)
    if wanted is None or wanted.until is None:
        return
    half = timedelta(seconds=(wanted.until - now).total_seconds() / 2)
    if not any(one.holds(now) and one.until is not None and one.until > now + half for one in known):
        trip(connection, wanted, now)


def _is_mine(one: Breaker, health: Health) -> bool:
    return one.name is BreakerName.CONNECTIVITY and not one.scope and one.account_id == health.account_id
