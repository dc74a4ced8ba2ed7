"""Many rows at once: Arrow into DuckDB, COPY into PostgreSQL. Never row by row."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, Date, Integer, LargeBinary, Table
from sqlalchemy.types import TypeEngine

from sql.types import Exact, Json, Utc, canonical_json
from tieout.errors import StoreError
from tieout.money import PRECISION, SCALE, exact

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH_ROWS = 100_000  # rows of one COPY message; bounds the memory of the text form
_VIEW = "tieout_arrow_rows"


def arrow_table(table: Table, rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """The rows as an Arrow table with exactly the table's columns.

    rows      column name -> value; a missing key is null
    raises    StoreError for a key that is no column, a naive time, a float, or a null where none may be
    """
    import pyarrow as pa

    listed = list(rows)
    names = {column.name for column in table.columns}
    for row in listed:
        if not names.issuperset(row):
            raise StoreError(f"{table.name} has no column {', '.join(sorted(set(row) - names))}")
    return pa.table(
        [_array(column, [row.get(column.name) for row in listed]) for column in table.columns], arrow_schema(table)
    )


def arrow_schema(table: Table) -> pa.Schema:
    """The table's columns as Arrow fields: decimal128(38, 18), timestamp[us, UTC], text, integers."""
    import pyarrow as pa

    return pa.schema([pa.field(column.name, _arrow_type(column.type), nullable=True) for column in table.columns])


def insert_arrow(connection: Connection, table: Table, arrow: pa.Table) -> int:
    """Append the rows in the connection's transaction and return how many.

    arrow     columns by name; those left out become null
    raises    StoreError for a column the table lacks
    """
    unknown = set(arrow.column_names) - {column.name for column in table.columns}
    if unknown:
        raise StoreError(f"{table.name} has no column {', '.join(sorted(unknown))}")
    if arrow.num_rows == 0:
        return 0
    if connection.dialect.name == "duckdb":
        _register_and_insert(connection, table, arrow)
    elif connection.dialect.name == "postgresql":
        _copy(connection, table, arrow)
    else:
        raise StoreError(f"bulk rows belong in the warehouse, not in {connection.dialect.name}")
    return int(arrow.num_rows)


def _register_and_insert(connection: Connection, table: Table, arrow: pa.Table) -> None:
    driver: Any = connection.connection.dbapi_connection
    driver.register(_VIEW, arrow)
    try:
        connection.exec_driver_sql(f'INSERT INTO "{table.name}" BY NAME SELECT * FROM {_VIEW}')
    finally:
        driver.unregister(_VIEW)


def _copy(connection: Connection, table: Table, arrow: pa.Table) -> None:
    """CSV, because Arrow writes it in one go; PostgreSQL reads an empty field as null and a quoted one as text."""
    from pyarrow import csv

    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    columns = ", ".join(f'"{name}"' for name in arrow.column_names)
    driver: Any = connection.connection.dbapi_connection
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN (FORMAT csv)') as copy:
        for batch in _as_text(arrow).to_batches(max_chunksize=_BATCH_ROWS):
            buffer = io.BytesIO()
            csv.write_csv(batch, buffer, options)
            copy.write(buffer.getbuffer())


def _as_text(arrow: pa.Table) -> pa.Table:
    """The few types that CSV would write in a form PostgreSQL does not read: bytes become its `\\x` form."""
    import pyarrow as pa

    for index, field in enumerate(arrow.schema):
        if pa.types.is_binary(field.type):
            text = [None if body is None else f"\\x{body.hex()}" for body in arrow.column(index).to_pylist()]
            arrow = arrow.set_column(index, field.name, pa.array(text, pa.string()))
    return arrow


def _array(column: Column[Any], values: list[object]) -> pa.Array:
    import pyarrow as pa

    if not column.nullable and any(value is None for value in values):
        raise StoreError(f"{column.table.name}.{column.name} may not be null")
    if isinstance(column.type, Json):
        values = [None if value is None else canonical_json(value) for value in values]
    elif isinstance(column.type, Exact):
        values = [None if value is None else exact(value, column.name) for value in values]
    elif isinstance(column.type, Utc):
        _require_zones(column.name, values)
    try:
        return pa.array(values, _arrow_type(column.type))
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise StoreError(f"{column.table.name}.{column.name}: {error}") from error


def _require_zones(name: str, values: list[object]) -> None:
    for value in values:
        if isinstance(value, datetime) and value.tzinfo is None:
            raise StoreError(f"{name}: a time without a zone cannot be stored: {value!r}")


def _arrow_type(kind: TypeEngine[Any]) -> pa.DataType:
    import pyarrow as pa

    if isinstance(kind, Exact):
        return pa.decimal128(PRECISION, SCALE)
    if isinstance(kind, Utc):
        return pa.timestamp("us", tz="UTC")
    for known, arrow in _simple_types():
        if isinstance(kind, known):
            return arrow
    return pa.string()


def _simple_types() -> tuple[tuple[type[TypeEngine[Any]], pa.DataType], ...]:
    import pyarrow as pa

    return (
        (BigInteger, pa.int64()),
        (Integer, pa.int32()),
        (Boolean, pa.bool_()),
        (Date, pa.date32()),
        (LargeBinary, pa.binary()),
    )
