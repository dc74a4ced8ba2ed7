"""Who looks after the exits that came with an order: the venue, or we. Written before the order leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Connection, Select, select, update
from sqlalchemy.dialects import postgresql, sqlite

from sql.engines import WRITES
from sql.placements import read_placement
from sql.rows import read_rows
from sql.schema.fills import exit_plan as table
from sql.schema.fills import kept_exit
from tieout.exits import exits_of
from tieout.ids import AccountId, IntentId
from tieout.money import ZERO
from tieout.placement import Placement


class HeldBy(StrEnum):
    """Whose the exits are."""

    VENUE = "venue"
    US = "us"


@dataclass(frozen=True, slots=True)
class ExitPlan:
    """The exits of one entry.

    entry       as it stands
    why         they are kept by us; empty where the venue holds them
    until       UTC, they are kept no longer; None as long as there is something to leave
    gone        units of the entry that others have closed
    looked_at   UTC
    said        what kept the last look from a decision
    """

    entry: Placement
    held_by: HeldBy
    why: str = ""
    since: datetime | None = None
    until: datetime | None = None
    gone: Decimal = ZERO
    looked_at: datetime | None = None
    said: str = ""


_PLAN = {
    "sqlite": sqlite.insert(table).on_conflict_do_nothing(index_elements=["intent_id"]).returning(table.c.intent_id),
    "postgresql": postgresql.insert(table)
    .on_conflict_do_nothing(index_elements=["intent_id"])
    .returning(table.c.intent_id),
}


def plan_exits(
    connection: Connection, row: Placement, why_kept: str | None, *, until: datetime | None, now: datetime
) -> None:
    """Write down who holds the exits of an order that is about to leave. What was decided for an earlier try stands.

    why_kept    why the venue cannot hold them; None where it can
    until       UTC, kept no longer
    """
    exits = exits_of(row.intent.order)
    if not exits:
        return
    about = {"intent_id": row.intent.intent_id, "account_id": row.intent.account_id, "since": now}
    plan = {"held_by": HeldBy.VENUE if why_kept is None else HeldBy.US, "why": why_kept or "", "until": until}
    if connection.execute(_PLAN[connection.dialect.name], about | plan).first() is None or why_kept is None:
        return
    for kind, price in exits.items():
        kept = {"intent_id": row.intent.intent_id, "kind": kind.value, "price": price}
        connection.execute(kept_exit.insert().values(kept | {"state": "waiting", "updated_at": now}))


def is_kept(connection: Connection, intent_id: IntentId) -> bool:
    """Whether the exits of an order are kept by us, so that it goes out without them."""
    found = connection.execute(select(table.c.held_by).where(table.c.intent_id == intent_id)).scalar()
    return found == HeldBy.US


def read_plan(connection: Connection, intent_id: IntentId) -> ExitPlan | None:
    """The plan while it is open. In a writing transaction nobody else changes it until that ends."""
    found = _read(connection, select(table).where(table.c.intent_id == intent_id, table.c.over_at.is_(None)))
    return found[0] if found else None


def open_plans(connection: Connection, account_id: AccountId, held_by: HeldBy) -> tuple[ExitPlan, ...]:
    """An account's plans that are not over, the oldest first."""
    wanted = select(table).where(table.c.account_id == account_id, table.c.held_by == held_by)
    return tuple(_read(connection, wanted.where(table.c.over_at.is_(None)).order_by(table.c.since, table.c.intent_id)))


def note_look(connection: Connection, intent_id: IntentId, said: str, now: datetime) -> None:
    """When the exits were last looked after, and what there was to say; `now` is UTC."""
    connection.execute(update(table).where(table.c.intent_id == intent_id).values(looked_at=now, said=said))


def note_gone(connection: Connection, intent_id: IntentId, gone: Decimal) -> None:
    """Units of the entry that others have closed, in all."""
    connection.execute(update(table).where(table.c.intent_id == intent_id).values(gone=gone))


def end_plan(connection: Connection, intent_id: IntentId, words: str, now: datetime) -> None:
    """The exits are over; `now` is UTC."""
    over = update(table).where(table.c.intent_id == intent_id, table.c.over_at.is_(None))
    connection.execute(over.values(over_at=now, looked_at=now, said=words))


def _read(connection: Connection, statement: Select[tuple[object, ...]]) -> list[ExitPlan]:
    if connection.dialect.name == "postgresql" and connection.get_execution_options().get(WRITES):
        statement = statement.with_for_update(of=table)
    return [
        ExitPlan(
            read_placement(connection, IntentId(row["intent_id"])),
            HeldBy(row["held_by"]),
            row["why"],
            row["since"],
            row["until"],
            row["gone"],
            row["looked_at"],
            row["said"],
        )
        for row in read_rows(connection, statement)
    ]
