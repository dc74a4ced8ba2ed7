"""Exits that we keep ourselves, in the journal, and the orders that went out for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from sql.exit_plans import ExitPlan, HeldBy, open_plans
from sql.placements import read_placement
from sql.rows import read_rows
from sql.schema.fills import kept_exit as table
from sql.schema.fills import kept_exit_order as orders
from tieout.exits import ExitKind
from tieout.ids import AccountId, IntentId
from tieout.kept_exits import Kept, KeptExit, KeptState
from tieout.placement import Placement


def read_kept(connection: Connection, account_id: AccountId) -> tuple[tuple[Kept, ExitPlan], ...]:
    """An account's entries whose exits are kept by us and not over, the oldest first."""
    return tuple((kept_with(connection, plan), plan) for plan in open_plans(connection, account_id, HeldBy.US))


def kept_with(connection: Connection, plan: ExitPlan) -> Kept:
    """An entry with its exits and the orders that went out for them."""
    key = plan.entry.intent.intent_id
    rows = read_rows(connection, select(table).where(table.c.intent_id == key).order_by(table.c.kind.desc()))
    sent = read_rows(connection, select(orders).where(orders.c.intent_id == key).order_by(orders.c.made_at))
    placements = tuple(read_placement(connection, IntentId(row["exit_intent_id"])) for row in sent)
    return Kept(plan.entry, tuple(kept_of(row) for row in rows), plan.gone, placements)


def save_kept(connection: Connection, kept: KeptExit, now: datetime) -> None:
    """Write a kept exit down as it stands; `now` is UTC."""
    mine = (table.c.intent_id == kept.intent_id) & (table.c.kind == kept.kind.value)
    state = {"state": kept.state.value, "reached_at": kept.reached_at, "reached_price": kept.reached_price}
    connection.execute(update(table).where(mine).values(state | {"reason": kept.reason, "updated_at": now}))


def end_kept(connection: Connection, intent_id: IntentId, words: str, now: datetime) -> None:
    """All exits of an entry are over; those that were reached stay told as that."""
    mine = (table.c.intent_id == intent_id) & (table.c.state == KeptState.WAITING.value)
    connection.execute(update(table).where(mine).values(state=KeptState.OVER.value, reason=words, updated_at=now))


def append_exit_order(connection: Connection, kept: Kept, which: KeptExit, made: Placement, now: datetime) -> None:
    """Tie an exit order to what it leaves.

    raises    IntegrityError where another has made one in its place: nothing of this transaction may stand then
    """
    row = {"exit_intent_id": made.intent.intent_id, "intent_id": which.intent_id, "kind": which.kind.value}
    connection.execute(insert(orders).values(row | {"number": len(kept.sent) + 1, "made_at": now}))


def kept_of(row: Mapping[str, Any]) -> KeptExit:
    """The kept exit that a row of the journal holds."""
    return KeptExit(
        IntentId(row["intent_id"]),
        ExitKind(row["kind"]),
        row["price"],
        KeptState(row["state"]),
        row["reached_at"],
        row["reached_price"],
        row["reason"],
    )
