"""Asking the journal whether each session's close was made. Needs neither Prefect nor the close itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from tasks.accounts import sessions_of
from tasks.alerts import tell
from tieout.alerts_deadman import RunSeen, Session, Unconfirmed, compose_unconfirmed, unconfirmed
from tieout.settings import AccountSettings, Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sql.journal import Journal


def read_unconfirmed(
    settings: Settings, journal: Journal, now: datetime
) -> tuple[tuple[Unconfirmed, ...], tuple[Session, ...]]:
    """Sessions whose close should have been confirmed by now and was not; and every session that was looked at.

    raises    StoreError where the journal cannot be read
    """
    with journal.read() as connection:
        sessions = tuple(_sessions(settings, connection, now))
    return unconfirmed(sessions, settings.alerts, now), sessions


def tell_unconfirmed(settings: Settings, journal: Journal, now: datetime) -> tuple[Unconfirmed, ...]:
    """Look once and call somebody, for whoever looks now and then; the watch and this call once for the same.

    raises    StoreError where the journal cannot be read
    """
    late, _ = read_unconfirmed(settings, journal, now)
    if late:
        tell(settings.alerts, journal, compose_unconfirmed(late), now)
    return late


def _sessions(settings: Settings, connection: Connection, now: datetime) -> Iterator[Session]:
    for account in settings.accounts.values():
        if account.enabled and (found := _session(account, connection, now)) is not None:
            yield found


def _session(account: AccountSettings, connection: Connection, now: datetime) -> Session | None:
    from sql.closes import expected_from, read_close_runs

    name, calendar = account.account.account_id, sessions_of(account)
    since = expected_from(connection, name)
    if since is None:
        return None
    day = calendar.last_closed(now)
    runs = [
        RunSeen(row["state"], row["ended_at"] is not None, (row["outcome"] or {}).get("error") or "")
        for row in read_close_runs(connection, name, day)
    ]
    return Session(name, day, calendar.closes_at(day), tuple(runs), since)
