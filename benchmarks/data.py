"""Rows to measure on: made by DuckDB from a formula, so that they are the same each time and none is committed.

One account holds `rows` instruments. Book, baseline and snapshot agree, except that one in a thousand has, in
turn, another quantity, the other side, or is missing at the broker. The statement holds a buy and a sell that cancel
out for one in a thousand.
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
BROKEN = f"""CASE WHEN i % {EVERY} <> 0 OR (i // {EVERY}) % 3 = 2 THEN {QUANTITY}
                  WHEN (i // {EVERY}) % 3 = 0 THEN {QUANTITY} + 1 ELSE -{QUANTITY} END"""
MISSING = f"(i % {EVERY} = 0 AND (i // {EVERY}) % 3 = 2)"
MONEY = "DECIMAL(38, 18)"


def positions(rows: int, snapshot_id: int, *, broken: bool) -> str:
    """SQL of a snapshot's position rows; broken ones differ from the book as the module says."""
    quantity, kept = (BROKEN, f"NOT {MISSING}") if broken else (QUANTITY, "true")
    return f"""
    SELECT CAST({snapshot_id} AS BIGINT) AS snapshot_id, '{ACCOUNT}' AS account_id, i AS instrument_id,
           'S' || i AS symbol, 'equity' AS asset_class, CAST({quantity} AS {MONEY}) AS quantity,
           CASE WHEN {quantity} < 0 THEN 'short' ELSE 'long' END AS side,
           CAST(10 + i % 500 AS {MONEY}) AS avg_entry_price, CAST(11 + i % 500 AS {MONEY}) AS market_price,
           CAST({quantity} * (11 + i % 500) AS {MONEY}) AS market_value,
           CAST({quantity} * (10 + i % 500) AS {MONEY}) AS cost_basis, CAST({quantity} AS {MONEY}) AS unrealized_pnl,
           CAST(1 AS {MONEY}) AS multiplier, 'USD' AS currency
    FROM range(1, {rows} + 1) AS t(i) WHERE {kept}
    """


def _ledger(rows: int) -> str:
    return f"""
    SELECT i AS entry_id, '{ACCOUNT}' AS account_id, i AS seq, 0 AS leg, 'activity' AS record_kind,
           'OPEN-' || i AS record_id, 'opening' AS event, i AS instrument_id, 'USD' AS currency,
           CAST({QUANTITY} AS {MONEY}) AS quantity, CAST({QUANTITY} * (10 + i % 500) AS {MONEY}) AS cost_basis,
           CAST(0 AS {MONEY}) AS realized_pnl, DATE '{DAY_BEFORE}' AS business_date, DATE '{DAY_BEFORE}' AS settles_on
    FROM range(1, {rows} + 1) AS t(i)
    """


def _executions(rows: int) -> str:
    return f"""
    SELECT CAST({SNAPSHOT} AS BIGINT) AS snapshot_id, '{ACCOUNT}' AS account_id, side || i AS execution_id,
           i AS instrument_id, side, CAST(5 AS {MONEY}) AS quantity, CAST(11 AS {MONEY}) AS price,
           CAST(0 AS {MONEY}) AS fee, 'USD' AS fee_currency, TIMESTAMPTZ '{DAY} 16:00:00+00' AS executed_at,
           DATE '{DAY}' AS business_date, DATE '{DAY}' AS settles_on, 'executed' AS status
    FROM range({EVERY // 2}, {rows} + 1, {EVERY}) AS t(i), (VALUES ('buy'), ('sell')) AS sides(side)
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
    """The same three sides as bare tables of a DuckDB connection: id, quantity, cost."""
    for name, quantity, kept in (
        ("book", QUANTITY, "true"),
        ("implied", QUANTITY, "true"),
        ("broker", BROKEN, f"NOT {MISSING}"),
    ):
        connection.execute(
            f"CREATE TABLE {name} AS SELECT i AS id, CAST({quantity} AS {MONEY}) AS quantity, "
            f"CAST({quantity} * (10 + i % 500) AS {MONEY}) AS cost FROM range(1, {rows} + 1) AS t(i) WHERE {kept}"
        )


def position_rows(rows: int) -> pa.Table:
    """A snapshot's position rows as one Arrow table in memory."""
    import duckdb

    with duckdb.connect() as connection:
        return connection.execute(positions(rows, SNAPSHOT, broken=False)).to_arrow_table()


def differing(rows: int) -> int:
    """How many instruments differ between book and broker."""
    return rows // EVERY
