"""Signals and refusals in the journal: each kept once, however often it comes in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select, update

from sql.load import query
from sql.rows import chunks, read_rows
from sql.schema.journal import signal as table
from tieout.errors import StoreError
from tieout.ids import AccountId, SignalId
from tieout.signals.identity import refusal_id
from tieout.signals.record import read_back, written
from tieout.signals.types import MOVES, Refusal, RefusalCode, Signal, SignalState


class Appended(NamedTuple):
    """What became of one thing that came in.

    signal_id    of the signal, or of the refusal
    new          False where the journal had it already
    refusal      why it was not taken; also for a signal whose id is known with another content
    """

    signal_id: SignalId
    new: bool
    refusal: Refusal | None = None


def append_signal(connection: Connection, one: Signal | Refusal, now: datetime) -> Appended:
    """Keep a signal as pending, or a refusal with its reason. The same again changes nothing.

    now    UTC
    """
    if isinstance(one, Refusal):
        return _append_refusal(connection, one, now)
    if _insert(connection, _signal_row(one), now):
        return Appended(one.signal_id, True)
    if conflict := conflict_with(connection, one):
        return _append_refusal(connection, conflict, now)
    return Appended(one.signal_id, False)


def conflict_with(connection: Connection, one: Signal) -> Refusal | None:
    """The refusal of a signal whose id was used before for something else; None where it is new or the same."""
    wanted = select(table.c.content_hash, table.c.strategy).where(table.c.signal_id == one.signal_id)
    known = read_rows(connection, wanted)
    if not known or known[0]["content_hash"] == one.content_hash:
        return None
    words = f"id {one.signal_id!r} was used before with another content; a new wish needs a new id"
    return Refusal(
        RefusalCode.DUPLICATE_ID,
        words,
        one.source,
        one.received_at,
        "id",
        one.strategy,
        one.account_id,
        one.raw,
    )


def read_signal(connection: Connection, signal_id: SignalId) -> dict[str, Any] | None:
    """One row, None where there is none."""
    found = read_rows(connection, select(table).where(table.c.signal_id == signal_id))
    return found[0] if found else None


def read_wishes(connection: Connection, ids: Collection[SignalId]) -> list[Signal]:
    """The signals themselves; ids that are not known, or were refused unread, are left out."""
    found = []
    for chunk in chunks(sorted(ids)):
        rows = read_rows(connection, select(table).where(table.c.signal_id.in_(chunk), table.c.wish.is_not(None)))
        found += [read_back(row["wish"], row) for row in rows]
    return found


def read_signals(
    connection: Connection,
    states: Collection[SignalState] | None = None,
    *,
    account_id: AccountId | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Rows as they stand, the newest first.

    states    None for all
    limit     of rows; None for all
    """
    wanted = select(table).order_by(table.c.received_at.desc(), table.c.signal_id).limit(limit)
    if states is not None:
        wanted = wanted.where(table.c.state.in_([one.value for one in states]))
    if account_id is not None:
        wanted = wanted.where(table.c.account_id == account_id)
    return read_rows(connection, wanted)


def read_pending(connection: Connection, now: datetime) -> list[Signal]:
    """Signals that wait for a window and have not expired at `now`, UTC; the oldest first."""
    waiting = (table.c.state == SignalState.PENDING.value, table.c.wish.is_not(None), table.c.expires_at > now)
    wanted = select(table).where(*waiting).order_by(table.c.received_at, table.c.signal_id)
    return [read_back(row["wish"], row) for row in read_rows(connection, wanted)]


def set_state(
    connection: Connection, signal_id: SignalId, state: SignalState, now: datetime, *, reason: str | None = None
) -> bool:
    """Move a signal on. Of two that want to take the same one, one gets True.

    reason    kept and shown; None leaves what stands there
    returns   whether it was in a state from which it may go there, and has
    """
    before = [one.value for one, after in MOVES.items() if state in after]
    values = {"state": state.value, "updated_at": now} | ({} if reason is None else {"reason": reason})
    wanted = update(table).where(table.c.signal_id == signal_id, table.c.state.in_(before)).values(values)
    return bool(connection.execute(wanted).rowcount)


def expire_signals(connection: Connection, now: datetime) -> list[SignalId]:
    """Let go of pending signals whose time is over.

    returns    their ids
    """
    over: tuple[ColumnElement[bool], ...] = (table.c.state == SignalState.PENDING.value, table.c.expires_at <= now)
    found = [SignalId(row["signal_id"]) for row in read_rows(connection, select(table.c.signal_id).where(*over))]
    reason = f"not taken by any window until {now:%Y-%m-%d %H:%M:%S} UTC"
    return [one for one in found if set_state(connection, one, SignalState.EXPIRED, now, reason=reason)]


def _append_refusal(connection: Connection, refusal: Refusal, now: datetime) -> Appended:
    made = refusal_id(refusal)
    row: dict[str, Any] = {
        "signal_id": made,
        "account_id": refusal.account_id,
        "source": refusal.source.value,
        "received_at": refusal.received_at,
        "payload": dict(refusal.raw),
        "state": SignalState.REFUSED.value,
        "reason": refusal.reason,
        "strategy": refusal.strategy,
        "content_hash": None,
        "expires_at": None,
        "wish": None,
    }
    return Appended(made, _insert(connection, row, now), refusal)


def _signal_row(one: Signal) -> dict[str, Any]:
    return {
        "signal_id": one.signal_id,
        "account_id": one.account_id,
        "source": one.source.value,
        "received_at": one.received_at,
        "payload": dict(one.raw),
        "state": SignalState.PENDING.value,
        "reason": None,
        "strategy": one.strategy,
        "content_hash": one.content_hash,
        "expires_at": one.expires_at,
        "wish": written(one),
    }


def _insert(connection: Connection, row: Mapping[str, Any], now: datetime) -> bool:
    done = connection.execute(query("append_signal"), {**row, "updated_at": now})
    if done.rowcount not in (0, 1):
        raise StoreError(f"signal {row['signal_id']}: the store does not say whether it was kept")
    return bool(done.rowcount)
