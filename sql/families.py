"""Intents together with whoever goes on with their rest, read a generation at a time and never row by row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, select

from sql.placements import select_placements
from sql.rows import chunks
from sql.schema.journal import intent
from tieout.ids import AccountId, IntentId
from tieout.placement import Placement


def read_roots(connection: Connection, account_id: AccountId, business_date: date, window: str) -> list[IntentId]:
    """Ids of the intents that a window decided on itself, the oldest first."""
    mine = (intent.c.account_id == account_id) & (intent.c.business_date == business_date)
    roots = select(intent.c.intent_id).where(mine, intent.c.window == window, intent.c.parent_id.is_(None))
    ordered = roots.order_by(intent.c.created_at, intent.c.intent_id)
    return [IntentId(key) for key in connection.execute(ordered).scalars()]


def read_intents(connection: Connection, ids: Iterable[IntentId]) -> list[Placement]:
    """Intents by id, in the order of the ids; an id that is not in the journal is left out."""
    wanted = list(dict.fromkeys(ids))
    found = [row for chunk in chunks(wanted) for row in select_placements(connection, intent.c.intent_id.in_(chunk))]
    by_id = {row.intent.intent_id: row for row in found}
    return [by_id[key] for key in wanted if key in by_id]


def with_heirs(connection: Connection, rows: Iterable[Placement]) -> list[Placement]:
    """The rows, then their heirs, then the heirs of those, at whatever account; each once."""
    family = list(rows)
    known = {row.intent.intent_id for row in family}
    youngest = family
    while heirs := [row.heir for row in youngest if row.heir is not None and row.heir not in known]:
        youngest = read_intents(connection, heirs)
        known |= set(heirs)
        family += youngest
    return family
