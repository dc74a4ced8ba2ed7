"""From a position to the records that made it, and to what the broker last said of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, select

from sql.chain.raw import raw_answers, spellings
from sql.rows import read_rows
from sql.schema import journal as journal_tables
from sql.schema import warehouse as tables
from sql.schema.options import option_event, option_forecast, option_reservation
from tieout.errors import StoreError
from tieout.ids import AccountId, SnapshotId
from tieout.money import ZERO


def position_chain(
    journal: Connection, warehouse: Connection, account_id: AccountId | None, symbol: str
) -> list[dict[str, Any]]:
    """One chain per account that has, or had, the position.

    account_id   one account; None for all of them
    symbol       canonical, or an option's compact form
    raises       StoreError where nobody knows the instrument, or no account ever had it
    """
    instrument = _instrument(journal, symbol)
    entries = _entries(warehouse, instrument["instrument_id"], account_id)
    lines = _last_lines(warehouse, instrument["instrument_id"], account_id)
    accounts = sorted({row["account_id"] for row in (*entries, *lines)})
    if not accounts:
        raise StoreError(
            f"{instrument['symbol']} is in no book and no snapshot" + (f" of {account_id}" if account_id else "")
        )
    return [_of_account(journal, warehouse, instrument, name, entries, lines) for name in accounts]


def _of_account(
    journal: Connection,
    warehouse: Connection,
    instrument: dict[str, Any],
    account_id: str,
    entries: list[dict[str, Any]],
    lines: list[dict[str, Any]],
) -> dict[str, Any]:
    own = [row for row in entries if row["account_id"] == account_id]
    line = next((row for row in lines if row["account_id"] == account_id), None)
    raw = raw_answers(warehouse, SnapshotId(line["snapshot_id"]), spellings(instrument["symbol"])) if line else []
    return {
        "account_id": account_id,
        "instrument": instrument,
        "quantity": sum((row["quantity"] for row in own), ZERO),
        "cost_basis": sum((row["cost_basis"] for row in own), ZERO),
        "ledger_entries": [row | {"record": _record(journal, account_id, row)} for row in own],
        "lots": _open_lots(warehouse, instrument["instrument_id"], account_id),
        "options": _option_rows(journal, account_id, instrument),
        "snapshot_line": line,
        "raw": raw,
    }


def _instrument(journal: Connection, symbol: str) -> dict[str, Any]:
    table = journal_tables.instrument
    wanted = {one.upper() for one in spellings(symbol.strip())}
    for row in read_rows(journal, select(table)):
        if wanted & spellings(row["symbol"]):
            return row
    raise StoreError(f"no instrument {symbol!r} is known to the journal")


def _entries(warehouse: Connection, instrument_id: int, account_id: AccountId | None) -> list[dict[str, Any]]:
    table = tables.ledger_entry
    statement = select(table).where(table.c.instrument_id == instrument_id)
    if account_id is not None:
        statement = statement.where(table.c.account_id == account_id)
    return read_rows(warehouse, statement.order_by(table.c.account_id, table.c.seq, table.c.leg))


def _record(journal: Connection, account_id: str, entry: dict[str, Any]) -> dict[str, Any] | None:
    """The journal's record behind a ledger entry, with where it came from."""
    is_trade = entry["record_kind"] == "execution"
    table = journal_tables.execution if is_trade else journal_tables.activity
    key = table.c.execution_id if is_trade else table.c.activity_id
    statement = select(table).where(table.c.account_id == account_id, key == entry["record_id"])
    rows = read_rows(journal, statement.order_by(table.c.revision))
    # a correction's row carries its second number, so the entry belongs to the first revision not below it
    return next((row for row in rows if row["seq"] >= entry["seq"]), rows[-1] if rows else None)


def _open_lots(warehouse: Connection, instrument_id: int, account_id: str) -> list[dict[str, Any]]:
    """Lots that still hold something: a lot is the sum of its rows."""
    table = tables.lot
    statement = select(table).where(table.c.instrument_id == instrument_id, table.c.account_id == account_id)
    lots: dict[str, dict[str, Any]] = {}
    for row in read_rows(warehouse, statement.order_by(table.c.seq)):
        lot = lots.setdefault(
            row["lot_id"],
            {"lot_id": row["lot_id"], "acquired_on": row["acquired_on"], "quantity": ZERO, "cost_basis": ZERO},
        )
        lot["quantity"] += row["quantity"]
        lot["cost_basis"] += row["cost_basis"]
    return [lot for lot in lots.values() if lot["quantity"] != 0]


def _last_lines(warehouse: Connection, instrument_id: int, account_id: AccountId | None) -> list[dict[str, Any]]:
    """The newest snapshot line of each account, whether its snapshot was accepted or not; newest first."""
    line, head = tables.snapshot_position, tables.snapshot
    statement = (
        select(line, head.c.business_date, head.c.captured_at, head.c.status, head.c.run_id)
        .join(head, head.c.snapshot_id == line.c.snapshot_id)
        .where(line.c.instrument_id == instrument_id)
        .order_by(head.c.captured_at.desc())
    )
    if account_id is not None:
        statement = statement.where(line.c.account_id == account_id)
    return read_rows(warehouse, statement)


def _option_rows(journal: Connection, account_id: str, instrument: dict[str, Any]) -> dict[str, Any]:
    """Where an option's position went: forecasts, cash kept, events with their proof, and what they brought.

    Of a security: the option events that brought or took units of it.
    """
    events = read_rows(journal, select(option_event).where(option_event.c.account_id == account_id))
    if instrument["asset_class"] == "option":
        key = instrument["instrument_id"]
        mine = [row for row in events if row["instrument_id"] == key]
        return {
            "forecasts": _of_option(journal, option_forecast, account_id, key, option_forecast.c.forecast_id),
            "reservations": _of_option(journal, option_reservation, account_id, key, option_reservation.c.since),
            "option_events": mine,
            "brought": _brought(journal, account_id, [name for row in mine for name in row["booked"]]),
        }
    moved = _booked_by(journal, account_id, instrument["instrument_id"])
    return {"option_events": [row for row in events if moved & set(row["booked"])]}


def _of_option(journal: Connection, table: Table, account_id: str, key: int, order: Any) -> list[dict[str, Any]]:
    mine = (table.c.account_id == account_id) & (table.c.instrument_id == key)
    return read_rows(journal, select(table).where(mine).order_by(order))


def _brought(journal: Connection, account_id: str, booked: list[str]) -> list[dict[str, Any]]:
    """The security and cash rows that an event booked beside the option's own."""
    table, names = journal_tables.activity, journal_tables.instrument
    wanted = (
        select(table.c.activity_id, names.c.symbol, table.c.quantity, table.c.price, table.c.amount, table.c.settles_on)
        .join(names, names.c.instrument_id == table.c.instrument_id)
        .where(table.c.account_id == account_id, table.c.activity_id.in_(booked), table.c.kind == "option_trade")
    )
    return read_rows(journal, wanted.order_by(table.c.seq))


def _booked_by(journal: Connection, account_id: str, key: int) -> set[str]:
    table = journal_tables.activity
    mine = (table.c.account_id == account_id) & (table.c.instrument_id == key)
    return set(journal.execute(select(table.c.activity_id).where(mine)).scalars())
