"""The two reference tables, account and instrument: kept by the journal, mirrored in the warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import URL, Connection, delete, insert, select
from sqlalchemy.dialects import postgresql

from sql.bulk import arrow_table, insert_arrow
from sql.load import query
from sql.rows import chunks, read_rows, shown
from sql.schema import journal as journal_tables
from sql.schema import warehouse as warehouse_tables
from tieout.accounts import Account
from tieout.errors import StoreError
from tieout.ids import InstrumentId
from tieout.instruments import AssetClass, Instrument
from tieout.options.osi import OptionRight

_PLACE = ("drivername", "host", "port", "database", "query")  # of a URL; two names of one server only cost a copy


def record_account(connection: Connection, account: Account) -> None:
    """Write an account down as it is configured now."""
    connection.execute(
        query("record_account"),
        {
            "account_id": account.account_id,
            "broker": account.broker,
            "mode": account.mode.value,
            "base_currency": account.base_currency,
            "calendar": account.calendar,
        },
    )


def instrument_ids(connection: Connection, instruments: Iterable[Instrument]) -> dict[str, InstrumentId]:
    """Symbol -> surrogate key in the journal; unknown instruments are given one.

    raises    StoreError where a symbol is known with another class, currency or multiplier: its money would be wrong
    """
    wanted = {instrument.symbol: instrument for instrument in instruments}
    known = _by_symbol(connection, wanted)
    new = [_row(instrument) for symbol, instrument in sorted(wanted.items()) if symbol not in known]
    if new:
        connection.execute(query("append_instrument"), new)
        known |= _by_symbol(connection, [row["symbol"] for row in new])
    for symbol, (_, stored) in known.items():
        _require_same(stored, wanted[symbol])
    return {symbol: instrument_id for symbol, (instrument_id, _) in known.items()}


def read_instruments(
    connection: Connection, ids: Iterable[InstrumentId] | None = None
) -> dict[InstrumentId, Instrument]:
    """Surrogate key -> instrument, of either store; all of them where no ids are given."""
    table = journal_tables.instrument
    if ids is None:
        return {InstrumentId(row["instrument_id"]): instrument_of(row) for row in read_rows(connection, select(table))}
    found: dict[InstrumentId, Instrument] = {}
    for chunk in chunks(sorted(set(ids))):
        for row in read_rows(connection, select(table).where(table.c.instrument_id.in_(chunk))):
            found[InstrumentId(row["instrument_id"])] = instrument_of(row)
    return found


def mirror_reference(journal: Connection, warehouse: Connection) -> None:
    """Bring the warehouse's copies of both tables up to the journal's. On one shared database they are the same tables.

    raises    StoreError where both know a key by different symbols: the two stores do not belong together
    """
    if same_database(journal, warehouse):
        return
    _mirror_instruments(journal, warehouse)
    _mirror_accounts(journal, warehouse)


def _mirror_instruments(journal: Connection, warehouse: Connection) -> None:
    ours, theirs = journal_tables.instrument, warehouse_tables.instrument
    mirrored = {row[0]: row[1] for row in warehouse.execute(select(theirs.c.instrument_id, theirs.c.symbol))}
    missing = []
    for instrument_id, symbol in journal.execute(select(ours.c.instrument_id, ours.c.symbol)).all():
        if instrument_id not in mirrored:
            missing.append(instrument_id)
        elif (theirs_symbol := mirrored[instrument_id]) != symbol:
            raise StoreError(
                f"instrument {instrument_id} is {symbol} in the journal but {theirs_symbol} in the warehouse: these "
                "two stores do not belong together. Check TIEOUT_JOURNAL_URL and TIEOUT_WAREHOUSE_URL."
            )
    for chunk in chunks(missing):
        _append_mirror(warehouse, read_rows(journal, select(ours).where(ours.c.instrument_id.in_(chunk))))


def _append_mirror(warehouse: Connection, rows: list[dict[str, Any]]) -> None:
    table = warehouse_tables.instrument
    if warehouse.dialect.name == "postgresql":  # two accounts may bring the same new instrument at once
        warehouse.execute(postgresql.insert(table).on_conflict_do_nothing(), rows)
    else:
        insert_arrow(warehouse, table, arrow_table(table, rows))


def _mirror_accounts(journal: Connection, warehouse: Connection) -> None:
    ours, theirs = journal_tables.account, warehouse_tables.account
    mirrored = {row["account_id"]: row for row in read_rows(warehouse, select(theirs))}
    for row in read_rows(journal, select(ours)):
        name = row["account_id"]
        if mirrored.get(name) == row:
            continue
        if name in mirrored:
            warehouse.execute(delete(theirs).where(theirs.c.account_id == name))
        statement = postgresql.insert(theirs).on_conflict_do_nothing() if _is_postgres(warehouse) else insert(theirs)
        warehouse.execute(statement, row)


def same_database(one: Connection, other: Connection) -> bool:
    """Whether two stores are one PostgreSQL database."""
    return is_same(one.engine.url, other.engine.url)


def is_same(one: URL, other: URL) -> bool:
    """Whether two URLs name one database."""
    return all(getattr(one, part) == getattr(other, part) for part in _PLACE)


def _is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _by_symbol(connection: Connection, symbols: Iterable[str]) -> dict[str, tuple[InstrumentId, Instrument]]:
    table = journal_tables.instrument
    found = {}
    for chunk in chunks(sorted(symbols)):
        for row in read_rows(connection, select(table).where(table.c.symbol.in_(chunk))):
            found[row["symbol"]] = (InstrumentId(row["instrument_id"]), instrument_of(row))
    return found


def _row(instrument: Instrument) -> dict[str, Any]:
    return {
        "asset_class": instrument.asset_class.value,
        "symbol": instrument.symbol,
        "underlying": instrument.underlying,
        "expiration": instrument.expiration,
        "option_right": instrument.option_right.value if instrument.option_right else None,
        "strike": instrument.strike,
        "multiplier": instrument.multiplier,
        "currency": instrument.currency,
    }


def instrument_of(row: Mapping[str, Any], prefix: str = "") -> Instrument:
    """The instrument that a row holds; `prefix` stands before the names of its columns where tables were joined."""
    right = row[f"{prefix}option_right"]
    return Instrument(
        AssetClass(row[f"{prefix}asset_class"]),
        row[f"{prefix}symbol"],
        row[f"{prefix}currency"],
        row[f"{prefix}multiplier"],
        row[f"{prefix}underlying"],
        row[f"{prefix}expiration"],
        OptionRight(right) if right else None,
        row[f"{prefix}strike"],
    )


def _require_same(stored: Instrument, given: Instrument) -> None:
    for name in ("asset_class", "currency", "multiplier"):
        ours, theirs = getattr(stored, name), getattr(given, name)
        if ours != theirs:
            raise StoreError(
                f"instrument {stored.symbol} is known with {name} {shown(ours)}, now it came with {shown(theirs)}. "
                "One symbol is one instrument: a renamed or adjusted one needs a symbol of its own."
            )
