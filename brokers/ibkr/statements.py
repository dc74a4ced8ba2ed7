"""Executions of a window: those of the present day from the socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

from brokers.http.errors import unreadable
from brokers.http.fields import Row
from brokers.http.unmapped import Unmapped, word_for_word
from brokers.ibkr.codes import BROKER
from brokers.ibkr.outages import NEW_YORK
from brokers.ibkr.parse.executions import execution, lacks_commission, newest
from brokers.ibkr.rows import execution_row
from brokers.ibkr.session import Session
from tieout.errors import Malformed
from tieout.records import Execution, Fetched

_LOOKS, _LOOK_EVERY_S = 20, 0.05  # a commission report follows its trade within moments, or much later
_BOUNDS = 2


def fetch_executions(
    session: Session, account: Callable[[], str], since: datetime, until: datetime, now: datetime
) -> Fetched[Execution]:
    """Trades in (since, until], UTC, oldest first.

    raises   a leaf of Unavailable where the list has no end or holds a field that cannot be read
    """
    number = account()
    rows = session.ask("executions", lambda ib: _rows(ib, number), bounds=_BOUNDS)
    found: list[Execution] = []
    unmapped: list[str] = []
    for row, before in _newest(rows):
        try:
            found.append(execution(row, before))
        except Unmapped:
            unmapped.append(word_for_word(row))
        except Malformed as error:
            raise unreadable(BROKER, str(error), error.received or word_for_word(row)) from error
    within = [one for one in found if since < one.executed_at <= until]
    ordered = tuple(sorted(within, key=lambda one: (one.executed_at, one.execution_id)))
    return Fetched(ordered, 1, tuple(unmapped), _notes(rows, since, now))


def day_begins(now: datetime) -> datetime:
    """From when on TWS lists executions: midnight of its present day, New York."""
    local = now.astimezone(NEW_YORK)
    return datetime.combine(local.date(), time.min, NEW_YORK).astimezone(UTC)


async def _rows(ib: Any, number: str) -> list[Row]:
    """The account's trades. Reports of commission come after the end marker too: they are waited for a little."""
    await ib.reqExecutionsAsync()
    rows = _shown(ib, number)
    for _ in range(_LOOKS):
        if not any(lacks_commission(row) for row in rows):
            break
        await asyncio.sleep(_LOOK_EVERY_S)
        rows = _shown(ib, number)
    return rows


def _shown(ib: Any, number: str) -> list[Row]:
    return [execution_row(fill) for fill in ib.fills() if fill.execution.acctNumber == number]


def _newest(rows: list[Row]) -> list[tuple[Row, Row | None]]:
    try:
        return newest(rows)
    except Malformed as error:
        raise unreadable(BROKER, str(error), error.received) from error


def _notes(rows: list[Row], since: datetime, now: datetime) -> tuple[str, ...]:
    notes = []
    if missing := sum(lacks_commission(row) for row in rows):
        notes.append(f"what {missing} executions cost has not been reported yet")
    if since < day_begins(now):
        notes.append(f"TWS lists executions since {day_begins(now):%Y-%m-%d %H:%M} UTC only; Flex has the earlier ones")
    return tuple(notes)
