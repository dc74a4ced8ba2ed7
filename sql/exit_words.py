"""The exits of entries as people read them: who holds them, and how each stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from sql.exit_plans import HeldBy
from sql.kept_exits import kept_of
from sql.rows import chunks, read_rows
from sql.schema.fills import exit_plan, kept_exit, venue_exit
from sql.venue_exits import exit_of

KEPT_BY_US = "kept by risk-watch, not at the venue"


def read_exit_words(connection: Connection, intent_ids: Collection[str]) -> dict[str, str]:
    """Intent id -> one line; intents without exits are left out."""
    plans = {row["intent_id"]: row for row in _of(connection, exit_plan, intent_ids)}
    at_venue = _by_intent(_of(connection, venue_exit, plans))
    kept = _by_intent(_of(connection, kept_exit, plans))
    found = {}
    for key, plan in plans.items():
        if plan["held_by"] == HeldBy.US:
            told = [kept_of(row).words for row in kept.get(key, ())]
            found[key] = f"{KEPT_BY_US} ({plan['why']}): {'; '.join(told)}{_said(plan)}"
        else:
            told = [exit_of(row).words for row in at_venue.get(key, ())]
            found[key] = f"at the venue: {'; '.join(told) or 'not shown yet'}"
    return found


def _said(plan: Mapping[str, Any]) -> str:
    return f". {plan['said']}" if plan["said"] else ""


def _of(connection: Connection, table: Table, intent_ids: Collection[str]) -> list[dict[str, Any]]:
    found = []
    for chunk in chunks(sorted(intent_ids)):
        found += read_rows(connection, select(table).where(table.c.intent_id.in_(chunk)))
    return found


def _by_intent(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda one: str(one["kind"]), reverse=True):
        found.setdefault(row["intent_id"], []).append(row)
    return found
