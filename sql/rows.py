"""Rows as dictionaries, and long lists in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable

from tieout.money import plain

ItemT = TypeVar("ItemT")
IN_LIST = 500  # values in one IN list; SQLite takes 32,766, planners like fewer


def read_rows(
    connection: Connection, statement: Executable, binds: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Every row of a statement, column name -> value."""
    return [row._asdict() for row in connection.execute(statement, binds)]


def chunks(items: Sequence[ItemT], size: int = IN_LIST) -> Iterator[Sequence[ItemT]]:
    """The items in order, `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def shown(value: object) -> str:
    """A column's value for a message; a Decimal without the zeros that a store pads it with."""
    return plain(value) if isinstance(value, Decimal) else str(value)
