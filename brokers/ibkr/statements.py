"""Executions and activities of a window: the present day from the socket, what lies before it from Flex."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from brokers.http.errors import unreadable
from brokers.http.fields import Row
from brokers.http.unmapped import readable
from brokers.ibkr.codes import BROKER
from brokers.ibkr.flex.download import FlexService
from brokers.ibkr.outages import NEW_YORK
from brokers.ibkr.parse.executions import execution, lacks_commission, newest
from brokers.ibkr.parse.flex_activities import activity, sources
from brokers.ibkr.parse.flex_rows import generated_at, rows_of
from brokers.ibkr.parse.flex_trades import flex_execution, traded
from brokers.ibkr.rows import execution_row
from brokers.ibkr.session import Session
from tieout.errors import Malformed, Unavailable, Unsupported
from tieout.records import Activity, Execution, Fetched
from tieout.sessions import Sessions

_COMMISSION_S, _LOOK_EVERY_S = 1.0, 0.05  # a commission report follows its trade within moments, or much later
_BOUNDS = 2


@dataclass(frozen=True, slots=True)
class Statements:
    """What has happened in one account: its present day from the socket, everything before it from Flex.

    account    the account's number, known once there is a connection
    flex       None where no Flex query is configured
    sessions   of the account's exchange: a report must reach the session before the present day
    clock      aware UTC
    """

    session: Session
    account: Callable[[], str]
    flex: FlexService | None
    sessions: Callable[[], Sessions]
    clock: Callable[[], datetime]
    _kept: dict[tuple[datetime, datetime], Any] = field(default_factory=dict)

    def fetch_executions(self, since: datetime, until: datetime) -> Fetched[Execution]:
        """Trades in (since, until], UTC, oldest first; those that both sources hold as the socket has them.

        raises   a leaf of Unavailable where a list has no end, a report is not there, or a field cannot be read
        """
        number, today = self.account(), day_begins(self.clock())
        patience = min(_COMMISSION_S, self.session.timeout_s / 2)
        rows = self.session.ask("executions", lambda ib: _rows(ib, number, patience), bounds=_BOUNDS)
        found, unmapped = readable(BROKER, _numbered(rows), lambda row: execution(row, _before(row, rows)))
        notes = _notes(rows)
        if since < today and self.flex is None:
            notes += (f"TWS lists executions since {today:%Y-%m-%d %H:%M} UTC only, and no Flex query is configured",)
        elif since < today:
            trades = traded(rows_of(self._report(since, until).Trades))
            earlier, more = readable(BROKER, trades, lambda row: flex_execution(row, trades))
            known = {one.execution_id for one in found}
            found += [one for one in _last_of_each(earlier) if one.execution_id not in known]
            unmapped += more
        within = [one for one in found if since < one.executed_at <= until]
        ordered = tuple(sorted(within, key=lambda one: (one.executed_at, one.execution_id)))
        return Fetched(ordered, 1, unmapped, notes)

    def fetch_activities(self, since: datetime, until: datetime) -> Fetched[Activity]:
        """Events that a report first held in (since, until], UTC, oldest first.

        raises   Unsupported without a Flex query, and as `fetch_executions`
        """
        if self.flex is None:
            raise Unsupported(BROKER, "reports no activities over the socket: configure a Flex query as `credential`")
        report = self._report(since, until)
        self._kept.clear()
        made = generated_at(report)
        listed = list(sources(report))
        sections = {id(row): section for row, section in listed}
        found, unmapped = readable(
            BROKER, [row for row, _ in listed], lambda row: activity(row, sections[id(row)], made)
        )
        within = [one.activity for one in found if since < one.posted_at <= until]
        ordered = sorted(within, key=lambda one: (one.occurred_at, one.activity_id))
        today = self.clock().astimezone(NEW_YORK).date()
        notes = (f"Flex states activities until {report.toDate}",) if report.toDate < today else ()
        return Fetched(tuple(ordered), 1, unmapped, notes)

    def _report(self, since: datetime, until: datetime) -> Any:
        """The report of a window; one that trades and events were asked of for the same window is asked for once.

        raises   Unavailable where it does not reach the session before the present day
        """
        if self.flex is None:
            raise Unsupported(BROKER, "has no Flex query")
        if (since, until) in self._kept:
            return self._kept[since, until]
        today = self.clock().astimezone(NEW_YORK).date()
        first, last = since.astimezone(NEW_YORK).date(), min(until.astimezone(NEW_YORK).date(), today)
        report = self.flex.statement(self.account(), first, last)
        needed = min(self.sessions().previous(today), last)
        if report.fromDate > first or report.toDate < needed:
            raise Unavailable(
                BROKER, f"the Flex report covers {report.fromDate} to {report.toDate}, not {first} to {needed} yet"
            )
        self._kept.clear()
        self._kept[since, until] = report
        return report


def day_begins(now: datetime) -> datetime:
    """From when on TWS lists executions: midnight of its present day, New York."""
    local = now.astimezone(NEW_YORK)
    return datetime.combine(local.date(), time.min, NEW_YORK).astimezone(UTC)


async def _rows(ib: Any, number: str, patience_s: float) -> list[Row]:
    """The account's trades. Reports of commission come after the end marker too: they are waited for a little."""
    await ib.reqExecutionsAsync()
    rows = _shown(ib, number)
    for _ in range(int(patience_s / _LOOK_EVERY_S)):
        if not any(lacks_commission(row) for row in rows):
            break
        await asyncio.sleep(_LOOK_EVERY_S)
        rows = _shown(ib, number)
    return rows


def _shown(ib: Any, number: str) -> list[Row]:
    return [execution_row(fill) for fill in ib.fills() if fill.execution.acctNumber == number]


def _numbered(rows: list[Row]) -> list[Row]:
    """Each trade once, in its last revision. Raises Unreadable for ids that name no trade."""
    try:
        return [row for row, _ in newest(rows)]
    except Malformed as error:
        raise unreadable(BROKER, str(error), error.received) from error


def _before(row: Row, rows: list[Row]) -> Row | None:
    """The revision of a trade before its last one."""
    return next((before for last, before in newest(rows) if last is row), None)


def _last_of_each(trades: list[Execution]) -> list[Execution]:
    """Each trade once: a cancellation or correction stands after what it changes."""
    return list({one.execution_id: one for one in trades}.values())


def _notes(rows: list[Row]) -> tuple[str, ...]:
    missing = sum(lacks_commission(row) for row in rows)
    return (f"what {missing} executions cost has not been reported yet",) if missing else ()
