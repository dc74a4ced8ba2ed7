"""Messages on their way to channels, in the journal: none is lost where a channel, or the process that sends, dies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, insert, or_, select, update

from sql.rows import read_rows
from sql.schema.alerts import alert_message as table
from tieout.alert import Alert
from tieout.alerts_delivery import HOUR, Batch, Left, MessageState, Retry, Waiting, batches
from tieout.recon.types import Severity
from tieout.settings import AlertSettings

CLAIMED_FOR = timedelta(minutes=2)  # after which whoever wanted to send it is taken for dead
_MOST = 2_000  # messages looked at in one go; what is beyond has its turn next time


def append_messages(connection: Connection, alert: Alert, channels: Iterable[str], now: datetime) -> None:
    """Let a message wait for each channel; an older one there about the same, which nobody took yet, gives way."""
    subjects = sorted(one.subject for one in alert.subjects)
    for channel in channels:
        _give_way(connection, channel, subjects, alert.severity)
        row = {"channel": channel, "source": alert.source, "severity": alert.severity.value, "title": alert.title}
        row |= {"body": alert.body, "state": MessageState.WAITING.value}
        connection.execute(insert(table).values(**row, subjects=subjects, attempts=0, created_at=now, due_at=now))


def claim_batches(connection: Connection, rules: AlertSettings, now: datetime) -> tuple[Batch, ...]:
    """What leaves now, claimed so that no other process sends it too."""
    free = or_(table.c.claimed_until.is_(None), table.c.claimed_until <= now)
    wanted = select(table).where(table.c.state == MessageState.WAITING.value, table.c.due_at <= now, free)
    grave_first = case((table.c.severity == Severity.CRITICAL.value, 0), else_=1)
    wanted = wanted.order_by(grave_first, table.c.message_id).limit(_MOST)
    if connection.dialect.name == "postgresql":
        wanted = wanted.with_for_update(skip_locked=True)
    waiting = [_waiting(row) for row in read_rows(connection, wanted)]
    found = batches(waiting, _left(connection, now), rules, now) if waiting else ()
    for one in found:
        _update(connection, one, {"claimed_until": now + CLAIMED_FOR})
    return found


def note_taken(connection: Connection, batch: Batch, via: str, now: datetime) -> None:
    """A channel took it."""
    state = MessageState.SENT if via == batch.channel else MessageState.REROUTED
    first = batch.messages[0].message_id
    values = {"state": state.value, "left_at": now, "via": via, "batch": first, "claimed_until": None}
    _update(connection, batch, {**values, "attempts": table.c.attempts + 1})


def note_refused(connection: Connection, batch: Batch, retries: Sequence[Retry], error: str, now: datetime) -> None:
    """Nobody took it.

    retries    what becomes of each of its messages, in their order
    error      why, without a URL
    """
    for message, then in zip(batch.messages, retries, strict=True):
        values = {"state": then.state.value, "due_at": then.due_at, "claimed_until": None, "error": error}
        if then.state is MessageState.DROPPED:
            values["left_at"] = now
        _update(connection, Batch(batch.channel, (message,)), {**values, "attempts": table.c.attempts + 1})


def read_channels_that_heard(connection: Connection, subject: str, since: datetime) -> tuple[str, ...]:
    """Channels that took a message about a subject since then, UTC."""
    left = (table.c.left_at >= since, table.c.state.in_([MessageState.SENT.value, MessageState.REROUTED.value]))
    rows = read_rows(connection, select(table.c.via, table.c.subjects).where(*left).order_by(table.c.message_id))
    return tuple(dict.fromkeys(row["via"] for row in rows if subject in row["subjects"]))


def read_messages(connection: Connection, state: MessageState, limit: int = 200) -> list[dict[str, Any]]:
    """Messages in a state, the oldest first."""
    wanted = select(table).where(table.c.state == state.value).order_by(table.c.message_id).limit(limit)
    return read_rows(connection, wanted)


def count_waiting(connection: Connection) -> dict[Severity, int]:
    """How many messages nobody has taken yet, by severity."""
    wanted = select(table.c.severity, func.count().label("waiting")).group_by(table.c.severity)
    rows = read_rows(connection, wanted.where(table.c.state == MessageState.WAITING.value))
    return {Severity(row["severity"]): row["waiting"] for row in rows}


def count_left(connection: Connection, since: datetime, until: datetime) -> dict[str, int]:
    """Messages that channels took in [since, until), UTC, by channel; rolled up ones count as one."""
    within = (table.c.left_at >= since, table.c.left_at < until, table.c.via.is_not(None))
    counted = func.count(func.distinct(table.c.batch)).label("messages")
    rows = read_rows(connection, select(table.c.via, counted).where(*within).group_by(table.c.via))
    return {row["via"]: row["messages"] for row in rows}


def _give_way(connection: Connection, channel: str, subjects: list[str], severity: Severity) -> None:
    """Only to one that weighs as much: good news takes no place of bad news that nobody has heard."""
    waits = (table.c.channel == channel, table.c.state == MessageState.WAITING.value)
    same = (table.c.subjects == subjects, table.c.severity == severity.value, table.c.claimed_until.is_(None))
    connection.execute(update(table).where(*waits, *same).values(state=MessageState.SUPERSEDED.value))


def _left(connection: Connection, now: datetime) -> Mapping[str, list[Left]]:
    """By channel, what it took in the last hour; what was rolled up counts once, as its gravest."""
    wanted = select(table.c.via, table.c.batch, table.c.left_at, table.c.severity)
    wanted = wanted.where(table.c.left_at > now - HOUR, table.c.via.is_not(None))
    by_batch: dict[tuple[str, int], Left] = {}
    for row in read_rows(connection, wanted):
        key, one = (row["via"], row["batch"]), Left(row["left_at"], Severity(row["severity"]))
        if key not in by_batch or one.severity is Severity.CRITICAL:
            by_batch[key] = one
    found: dict[str, list[Left]] = {}
    for (via, _), left in by_batch.items():
        found.setdefault(via, []).append(left)
    return found


def _update(connection: Connection, batch: Batch, values: Mapping[str, Any]) -> None:
    ids = [one.message_id for one in batch.messages]
    connection.execute(update(table).where(table.c.message_id.in_(ids)).values(**values))


def _waiting(row: Mapping[str, Any]) -> Waiting:
    return Waiting(
        row["message_id"],
        row["channel"],
        Severity(row["severity"]),
        row["title"],
        row["body"],
        row["created_at"],
        row["due_at"],
        row["attempts"],
        tuple(row["subjects"]),
    )
