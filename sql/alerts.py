"""What people are told, in the journal: what is known of each subject, so that nobody is told twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from sql import audit
from sql.load import query
from sql.rows import read_rows
from sql.schema.alerts import alert as table
from sql.schema.alerts import alert_tally
from tieout.alert import Alert
from tieout.alerts import Matter, Seen, Standing, Why, ended, observe
from tieout.errors import DataError
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.settings import AlertSettings

_ACTIVE = tuple(one.value for one in Standing if one is not Standing.OVER)


def append_seen(
    connection: Connection, alert: Alert, rules: AlertSettings, now: datetime
) -> tuple[tuple[Matter, Why | None], ...]:
    """Note that all that an alert is about was seen, and why each is told; None where it is not."""
    found = []
    for about in sorted(alert.subjects, key=lambda one: one.subject):  # in one order, so that nobody waits in a circle
        before = _locked(connection, about.subject, now)
        seen = Seen(about, alert.severity, alert.title, alert.source, alert.money)
        after, why = observe(before, seen, rules, now)
        _write(connection, after)
        _count(connection, after, why, now)
        found.append((after, why))
    return tuple(found)


def restore(connection: Connection, known: Iterable[Matter], now: datetime) -> None:
    """Take in what was told without the journal, where that was later than what the journal knows."""
    for one in known:
        before = _locked(connection, one.subject, now)
        if before is None or before.last_seen < one.last_seen:
            _write(connection, one)


def end_alert(connection: Connection, subject: str, now: datetime) -> Matter | None:
    """The trouble is over; what was known of it, None where there was none."""
    wanted = select(table).where(table.c.subject == subject, table.c.state != Standing.OVER.value)
    if not read_rows(connection, wanted):  # the usual case must not write
        return None
    before = _locked(connection, subject, now)
    if before is None or before.state is Standing.OVER:
        return None
    _write(connection, ended(before, now))
    return before


def read_alerts(
    connection: Connection, *, account_id: AccountId | None = None, everything: bool = False, limit: int = 200
) -> list[dict[str, Any]]:
    """Rows of what is open or taken, the last seen first.

    everything    what is over too
    """
    wanted = select(table).order_by(table.c.last_seen.desc(), table.c.alert_id.desc()).limit(limit)
    if not everything:
        wanted = wanted.where(table.c.state.in_(_ACTIVE))
    if account_id is not None:
        wanted = wanted.where(table.c.account_id == account_id)
    return read_rows(connection, wanted)


def take_alert(connection: Connection, alert_id: int, taken: Matter, actor: str, now: datetime) -> None:
    """Write down that a person has taken a matter or put it off, with who and why in the audit trail."""
    _write(connection, taken)
    detail = {"until": taken.until, "reason": taken.reason, "title": taken.title}
    action, subject = f"alert.{taken.state.value}", f"{alert_id}"
    audit.append(connection, actor=actor, action=action, subject=subject, detail=detail, now=now)


def lock_alert(connection: Connection, alert_id: int, now: datetime) -> Matter:
    """What is known of one alert, which nobody else changes until the transaction ends.

    raises    DataError where there is none of that number
    """
    found = connection.execute(select(table.c.subject).where(table.c.alert_id == alert_id)).scalar_one_or_none()
    locked = None if found is None else _locked(connection, found, now)
    if locked is None:
        raise DataError(f"there is no alert {alert_id}; `tieout alerts list` shows their numbers")
    return locked


def read_tally(connection: Connection, since: date, until: date) -> list[dict[str, Any]]:
    """What was seen and told on the days of [since, until], UTC, by source and severity."""
    within = (alert_tally.c.day >= since, alert_tally.c.day <= until)
    return read_rows(connection, select(alert_tally).where(*within).order_by(alert_tally.c.day, alert_tally.c.source))


def matter_of(row: Mapping[str, Any]) -> Matter:
    """A row as a value."""
    return Matter(
        row["subject"],
        row["fingerprint"],
        Severity(row["severity"]),
        row["title"],
        row["first_seen"],
        row["last_seen"],
        row["source"],
        None if row["account_id"] is None else AccountId(row["account_id"]),
        Standing(row["state"]),
        row["occurrences"],
        row["tellings"],
        row["told_at"],
        row["until"],
        row["taken_by"],
        row["reason"],
        row["money_at_risk"],
    )


def _locked(connection: Connection, subject: str, now: datetime) -> Matter | None:
    """None where nothing was ever told of it."""
    (row,) = read_rows(connection, query("lock_alert"), {"subject": subject, "now": now})
    return matter_of(row) if row["fingerprint"] else None


def _write(connection: Connection, one: Matter) -> None:
    values = {
        "source": one.source,
        "account_id": one.account_id,
        "fingerprint": one.fingerprint,
        "severity": one.severity.value,
        "title": one.title,
        "state": one.state.value,
        "first_seen": one.first_seen,
        "last_seen": one.last_seen,
        "occurrences": one.occurrences,
        "tellings": one.tellings,
        "told_at": one.told_at,
        "until": one.until,
        "taken_by": one.by,
        "reason": one.reason,
        "money_at_risk": one.money_at_risk,
    }
    connection.execute(update(table).where(table.c.subject == one.subject).values(values))


def _count(connection: Connection, one: Matter, why: Why | None, now: datetime) -> None:
    binds = {"day": now.astimezone(UTC).date(), "source": one.source, "severity": one.severity.value}
    connection.execute(query("count_alert"), binds | {"tellings": int(why is not None)})
