"""Rows to measure on: made by DuckDB from a formula, so that they are the same each time and none is committed.

One account holds `rows` instruments. Book, baseline and snapshot agree, except that one in a thousand is broken, in
turn: twice the quantity at the broker, the other side, missing there, twice the cost, and a buy that the statement and
the broker have and the book has not. The statement also holds a buy and a sell that cancel out for one in a thousand.

The ledger lies in the order of the keys, for a key is given when an instrument is first seen. The broker lists its
positions in an order of its own: sorted sides would give everybody a join that real data never has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

if TYPE_CHECKING:
    import pyarrow as pa

ACCOUNT = "bench-main"
EVERY = 1000
DAY, DAY_BEFORE = "2026-01-16", "2026-01-15"
SNAPSHOT, BASELINE, SMALL = 2_000_002, 2_000_001, 2_000_000  # small: one position, for what a check costs at least

QUANTITY = "((1 + i % 997) * CASE WHEN i % 10 = 0 THEN -1 ELSE 1 END)"
ENTRY = "(10 + i % 500)"  # what a unit cost
PRICE = "(11 + i % 500)"
BOUGHT = 1000  # more than any short position, so that none becomes flat
KINDS = 5
KIND = f"CASE WHEN i % {EVERY} = 0 THEN (i // {EVERY}) % {KINDS} END"  # null where nothing is broken
IMPLIED = f"({QUANTITY} + CASE {KIND} WHEN 4 THEN {BOUGHT} ELSE 0 END)"  # baseline and statement together
BROKER = f"({IMPLIED} * CASE {KIND} WHEN 0 THEN 2 WHEN 1 THEN -1 ELSE 1 END)"
BROKER_ENTRY = f"({ENTRY} * CASE {KIND} WHEN 3 THEN 2 ELSE 1 END)"
KEPT = f"({KIND}) IS DISTINCT FROM 2"
MONEY = "DECIMAL(38, 18)"


def _keys(rows: int, *, listed: bool) -> str:
    """SQL of the instruments in the order of their keys, or in the order in which the broker lists them."""
    order = " ORDER BY hash(i)" if listed else ""
    return f"(SELECT i FROM range(1, {rows} + 1) AS keys(i){order}) AS t"


def positions(rows: int, snapshot_id: int, *, broken: bool) -> str:
    """SQL of a snapshot's position rows; broken ones differ from the book as the module says."""
    quantity, entry, kept = (BROKER, BROKER_ENTRY, KEPT) if broken else (QUANTITY, ENTRY, "true")
    return f"""
    SELECT CAST({snapshot_id} AS BIGINT) AS snapshot_id, '{ACCOUNT}' AS account_id, i AS instrument_id,
           'S' || i AS symbol, 'equity' AS asset_class, CAST({quantity} AS {MONEY}) AS quantity,
           CASE WHEN {quantity} < 0 THEN 'short' ELSE 'long' END AS side,
           CAST({entry} AS {MONEY}) AS avg_entry_price, CAST({PRICE} AS {MONEY}) AS market_price,
           CAST({quantity} * {PRICE} AS {MONEY}) AS market_value, CAST({quantity} * {entry} AS {MONEY}) AS cost_basis,
           CAST({quantity} * ({PRICE} - {entry}) AS {MONEY}) AS unrealized_pnl,
           CAST(1 AS {MONEY}) AS multiplier, 'USD' AS currency
    FROM {_keys(rows, listed=True)} WHERE {kept}
    """


def _ledger(rows: int) -> str:
    return f"""
    SELECT i AS entry_id, '{ACCOUNT}' AS account_id, i AS seq, 0 AS leg, 'activity' AS record_kind,
           'OPEN-' || i AS record_id, 'opening' AS event, i AS instrument_id, 'USD' AS currency,
           CAST({QUANTITY} AS {MONEY}) AS quantity, CAST({QUANTITY} * {ENTRY} AS {MONEY}) AS cost_basis,
           CAST(0 AS {MONEY}) AS realized_pnl, DATE '{DAY_BEFORE}' AS business_date, DATE '{DAY_BEFORE}' AS settles_on
    FROM range(1, {rows} + 1) AS t(i)
    """


def _executions(rows: int) -> str:
    return f"""
    SELECT CAST({SNAPSHOT} AS BIGINT) AS snapshot_id, '{ACCOUNT}' AS account_id, side || i AS execution_id,
           i AS instrument_id, side, CAST(quantity AS {MONEY}) AS quantity, CAST(11 AS {MONEY}) AS price,
           CAST(0 AS {MONEY}) AS fee, 'USD' AS fee_currency, TIMESTAMPTZ '{DAY} 16:00:00+00' AS executed_at,
           DATE '{DAY}' AS business_date, DATE '{DAY}' AS settles_on, 'executed' AS status
    FROM (
      SELECT i, side, 5 AS quantity
      FROM range({EVERY // 2}, {rows} + 1, {EVERY}) AS t(i), (VALUES ('buy'), ('sell')) AS sides(side)
      UNION ALL
      SELECT i, 'buy', {BOUGHT} FROM range({4 * EVERY}, {rows} + 1, {KINDS * EVERY}) AS t(i)
    ) AS legs
    """


def _snapshot(snapshot_id: int, day: str) -> str:
    return f"""
    SELECT CAST({snapshot_id} AS BIGINT) AS snapshot_id, '{ACCOUNT}' AS account_id, DATE '{day}' AS business_date,
           TIMESTAMPTZ '{day} 21:30:00+00' AS captured_at, 'complete' AS completeness, 'accepted' AS status,
           'bench' AS run_id, 2 AS reads, '{{}}' AS proof, '[]' AS unmapped,
           (SELECT count(*) FROM snapshot_position WHERE snapshot_id = {snapshot_id}) AS positions
    """


def _balance(snapshot_id: int) -> str:
    return f"""
    SELECT CAST({snapshot_id} AS BIGINT) AS snapshot_id, '{ACCOUNT}' AS account_id, 'USD' AS currency,
           CAST(1000000 AS {MONEY}) AS cash, CAST(sum(market_value) + 1000000 AS {MONEY}) AS equity
    FROM snapshot_position WHERE snapshot_id = {snapshot_id}
    """


def _statement(snapshot_id: int, baseline: str) -> str:
    return f"""
    SELECT CAST({snapshot_id} AS BIGINT) AS snapshot_id, '{ACCOUNT}' AS account_id,
           TIMESTAMPTZ '{DAY_BEFORE} 21:30:00+00' AS since, TIMESTAMPTZ '{DAY} 21:30:00+00' AS until, true AS complete,
           1 AS pages, '[]' AS unmapped, CAST({baseline} AS BIGINT) AS baseline_snapshot_id,
           DATE '{DAY_BEFORE}' AS baseline_date
    """


def _instruments(rows: int) -> str:
    return f"""
    SELECT i AS instrument_id, 'equity' AS asset_class, 'S' || i AS symbol, CAST(1 AS {MONEY}) AS multiplier,
           'USD' AS currency
    FROM range(1, {rows} + 1) AS t(i)
    """


def fill(connection: Connection, rows: int) -> None:
    """Put everything a reconciliation of positions reads into a migrated warehouse."""
    tables = {
        "instrument": [_instruments(rows)],
        "ledger_entry": [_ledger(rows)],
        "snapshot_position": [
            positions(1, SMALL, broken=False),
            positions(rows, BASELINE, broken=False),
            positions(rows, SNAPSHOT, broken=True),
        ],
        "snapshot": [_snapshot(SMALL, DAY), _snapshot(BASELINE, DAY_BEFORE), _snapshot(SNAPSHOT, DAY)],
        "snapshot_balance": [_balance(SMALL), _balance(SNAPSHOT)],
        "statement": [_statement(SMALL, "NULL"), _statement(SNAPSHOT, str(BASELINE))],
        "statement_execution": [_executions(rows)],
    }
    for table, selects in tables.items():
        for select in selects:
            connection.exec_driver_sql(f"INSERT INTO {table} BY NAME {select}")


def sides(connection: Any, rows: int) -> None:
    """The same three sides as bare tables of a DuckDB connection, in the same order: id, quantity, cost."""
    for name, listed, quantity, entry, kept in (
        ("book", False, QUANTITY, ENTRY, "true"),
        ("implied", True, IMPLIED, ENTRY, "true"),
        ("broker", True, BROKER, BROKER_ENTRY, KEPT),
    ):
        connection.execute(
            f"CREATE TABLE {name} AS SELECT i AS id, CAST({quantity} AS {MONEY}) AS quantity, "
            f"CAST({quantity} * {entry} AS {MONEY}) AS cost FROM {_keys(rows, listed=listed)} WHERE {kept}"
        )


def position_rows(rows: int) -> pa.Table:
    """A snapshot's position rows as one Arrow table in memory."""
    import duckdb

    with duckdb.connect() as connection:
        return connection.execute(positions(rows, SNAPSHOT, broken=False)).to_arrow_table()


def differing(rows: int) -> int:
    """How many instruments differ between book and broker, be it in quantity or cost."""
    return rows // EVERY


def differing_in_quantity(rows: int) -> int:
    """How many of them a comparison of quantities alone can find."""
    return sum(1 for nth in range(1, rows // EVERY + 1) if nth % KINDS != 3)
