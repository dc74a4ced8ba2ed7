"""Which kind of file is this? Told by its header alone."""

from __future__ import annotations

from enum import StrEnum

from tieout.errors import Malformed
from tieout.imports import daily_updates, executions, positions, trade_log
from tieout.imports.csv_table import SourceFile, header_of


class Shape(StrEnum):
    """The CSV shapes that can be imported."""

    DAILY_UPDATES = "a daily file"
    TRADE_LOG = "a trade log"
    EXECUTIONS = "a file of executions"
    POSITIONS = "a file of opening positions"
    UNKNOWN = "of no known shape"


_COLUMNS = {
    Shape.DAILY_UPDATES: daily_updates.COLUMNS,
    Shape.TRADE_LOG: trade_log.COLUMNS,
    Shape.EXECUTIONS: executions.REQUIRED,
    Shape.POSITIONS: positions.REQUIRED,
}


def shape_of(source: SourceFile) -> Shape:
    """The shape whose columns the header has most of; a file with a slip in one column is told so when it is read.

    raises    Malformed for an empty file or a wrong encoding
    """
    header = {name.casefold() for name in header_of(source)}
    if not header:
        raise Malformed(f"{source.name}: the file is empty")
    shares = {
        shape: sum(column.casefold() in header for column in columns) / len(columns)
        for shape, columns in _COLUMNS.items()
    }
    best = max(shares, key=lambda shape: shares[shape])
    return best if shares[best] > 0.5 else Shape.UNKNOWN
