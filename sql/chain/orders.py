"""From an order to its decision, its fills, and what the broker says of it.

An order that failed over is one story: the intents before and after it are walked as well, the first one on top.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, or_, select

from sql.rows import chunks, read_rows
from sql.schema import fills as fill_tables
from sql.schema import journal as journal_tables
from sql.schema import warehouse as tables
from tieout.errors import StoreError

Row = dict[str, Any]
_OWN_PARTS = frozenset({"lookups", "proof"})  # of an intent's detail: shown as rows of their own


def order_chain(journal: Connection, warehouse: Connection, order_id: str) -> dict[str, list[Row]]:
    """Everything known of one order, in the sequence it happened.

    signals -> intents -> events -> approvals -> lookups and proofs -> escrow -> orders -> executions -> figures ->
    ledger_entries, and beside them what the broker's statements and snapshots say.

    order_id    an intent's id, our client order id, or the broker's order id
    raises      StoreError where nobody knows the order
    """
    wanted = order_id.strip()
    family = _family(journal, _intents_by_any_id(journal, wanted) or _entry_of_exit(journal, wanted))
    kept = _kept(journal, [row["intent_id"] for row in family])
    family += _beside(journal, family, kept["kept_exit_orders"])
    exits = _by(journal, fill_tables.venue_exit, "intent_id", {row["intent_id"] for row in family})
    ids = {wanted} | _known_ids(family) | _known_ids(exits)
    orders = _any_id(journal, journal_tables.broker_order, ids)
    ids |= _known_ids(orders)
    if not family:  # the broker's id led to an order whose intent notes only ours
        family = _family(journal, _by(journal, journal_tables.intent, "client_order_id", ids))
        ids |= _known_ids(family)
    executions = _any_id(journal, journal_tables.execution, ids)
    chain = (
        _decisions(journal, family, ids)
        | {"orders": orders, "executions": executions}
        | {"exits": exits}
        | kept
        | {"figures": _by(journal, fill_tables.fill_figures, "intent_id", {row["intent_id"] for row in family})}
        | {
            "ledger_entries": _ledger_entries(warehouse, executions),
            "statement_executions": _any_id(warehouse, tables.statement_execution, ids),
            "snapshot_orders": _any_id(warehouse, tables.snapshot_order, ids),
        }
    )
    if not any(chain.values()):
        raise StoreError(f"no order {wanted!r} is known: neither to the journal nor to any statement or snapshot")
    return chain


def _decisions(journal: Connection, family: list[Row], ids: Collection[str]) -> dict[str, list[Row]]:
    keys = [row["intent_id"] for row in family]
    return {
        "signals": _by(journal, journal_tables.signal, "signal_id", {row["signal_id"] for row in family} - {None}),
        "intents": [_with_symbol(journal, row) for row in family],
        "events": _events(journal, keys, ids),
        "approvals": _by(journal, journal_tables.approval, "intent_id", keys),
        "lookups": [look for row in family for look in _lookups(row)],
        "proofs": [{"intent_id": row["intent_id"]} | row["detail"]["proof"] for row in family if _has_proof(row)],
        "escrow": _by(journal, journal_tables.escrow, "intent_id", keys),
    }


def _intents_by_any_id(journal: Connection, wanted: str) -> list[Row]:
    table = journal_tables.intent
    names = ("intent_id", "client_order_id", "broker_order_id")
    return read_rows(journal, select(table).where(or_(*(table.c[name] == wanted for name in names))))


def _entry_of_exit(journal: Connection, wanted: str) -> list[Row]:
    """The intent whose exit at the venue has that id, of the venue's own."""
    table = fill_tables.venue_exit
    named = or_(table.c.broker_order_id == wanted, table.c.client_order_id == wanted)
    entries = {row["intent_id"] for row in read_rows(journal, select(table).where(named))}
    return _by(journal, journal_tables.intent, "intent_id", entries)


def _kept(journal: Connection, keys: Collection[str]) -> dict[str, list[Row]]:
    """Who holds the exits, those that we keep, and the orders that went out for them; or what an exit order leaves."""
    orders = fill_tables.kept_exit_order
    mine = or_(orders.c.intent_id.in_(sorted(keys)), orders.c.exit_intent_id.in_(sorted(keys)))
    sent = read_rows(journal, select(orders).where(mine).order_by(orders.c.made_at))
    entries = {*keys, *(row["intent_id"] for row in sent)}
    return {
        "exit_plans": _by(journal, fill_tables.exit_plan, "intent_id", entries),
        "kept_exits": _by(journal, fill_tables.kept_exit, "intent_id", entries),
        "kept_exit_orders": sent,
    }


def _beside(journal: Connection, family: list[Row], sent: Iterable[Row]) -> list[Row]:
    """The orders that went out for exits which we keep, or the entry that such an order leaves."""
    named = {row[name] for row in sent for name in ("intent_id", "exit_intent_id")}
    return _by(journal, journal_tables.intent, "intent_id", named - {row["intent_id"] for row in family})


def _family(journal: Connection, found: list[Row]) -> list[Row]:
    """The intents with all that they are the rest of, and all that go on with theirs; parents before heirs."""
    known = {row["intent_id"]: row for row in found}
    fresh = list(found)
    while fresh:
        above = _by(journal, journal_tables.intent, "intent_id", {row["parent_id"] for row in fresh} - {None})
        below = _by(journal, journal_tables.intent, "parent_id", {row["intent_id"] for row in fresh})
        fresh = [row for row in (*above, *below) if row["intent_id"] not in known]
        known |= {row["intent_id"]: row for row in fresh}
    return sorted(known.values(), key=lambda row: (_depth(row, known), row["created_at"], row["intent_id"]))


def _depth(row: Row, known: Mapping[str, Row]) -> int:
    depth = 0
    while row["parent_id"] in known:
        row, depth = known[row["parent_id"]], depth + 1
    return depth


def _with_symbol(journal: Connection, row: Row) -> Row:
    table = journal_tables.instrument
    symbol = journal.execute(select(table.c.symbol).where(table.c.instrument_id == row["instrument_id"])).scalar()
    rest = {name: value for name, value in row["detail"].items() if name not in _OWN_PARTS}
    return row | {"symbol": symbol, "detail": rest}


def _lookups(row: Row) -> Iterable[Row]:
    for at, place, complete, words in row["detail"].get("lookups", ()):
        yield {"intent_id": row["intent_id"], "at": at, "place": place, "complete": complete, "words": words}


def _has_proof(row: Row) -> bool:
    return "proof" in row["detail"]


def _events(journal: Connection, keys: Collection[str], ids: Collection[str]) -> list[Row]:
    """Under the intent, or under the order's id alone where no intent of ours is behind it."""
    table = journal_tables.order_event
    mine = or_(table.c.intent_id.in_(sorted(keys)), table.c.client_order_id.in_(sorted(ids)))
    return read_rows(journal, select(table).where(mine).order_by(table.c.event_id))


def _ledger_entries(warehouse: Connection, executions: Iterable[Row]) -> list[Row]:
    """What the executions came to in the ledger."""
    table = tables.ledger_entry
    wanted = {(row["account_id"], row["execution_id"]) for row in executions}
    found = []
    for chunk in chunks(sorted({execution_id for _, execution_id in wanted})):
        posted = select(table).where(table.c.record_kind == "execution", table.c.record_id.in_(chunk))
        rows = read_rows(warehouse, posted.order_by(table.c.account_id, table.c.seq, table.c.leg))
        found += [row for row in rows if (row["account_id"], row["record_id"]) in wanted]
    return found


def _known_ids(rows: Iterable[Row]) -> set[str]:
    return {row[name] for row in rows for name in ("client_order_id", "broker_order_id") if row[name] is not None}


def _any_id(connection: Connection, table: Table, ids: Collection[str]) -> list[Row]:
    condition = or_(table.c.client_order_id.in_(sorted(ids)), table.c.broker_order_id.in_(sorted(ids)))
    return read_rows(connection, select(table).where(condition))


def _by(connection: Connection, table: Table, column: str, ids: Collection[str]) -> list[Row]:
    return read_rows(connection, select(table).where(table.c[column].in_(sorted(ids)))) if ids else []
