"""The blotter and the confirmations, read from the journal and written as a file for somebody else's program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from tasks.stores import Stores
from tasks.table_file import Columns, Holds, write_table
from tieout.blotter import BlotterRow, Confirmation, blotter, confirmations
from tieout.closing import choose_accounts
from tieout.errors import DataError

_HOLDS = {
    "date": Holds.DAY,
    "datetime": Holds.MOMENT,
    "Decimal": Holds.DECIMAL,
    "Decimal | None": Holds.DECIMAL,
    "int": Holds.WHOLE,
}


@dataclass(frozen=True, slots=True)
class Span:
    """Which trades: by their sessions, both ends included; None is no end, and every account."""

    since: date | None = None
    until: date | None = None
    account: str | None = None

    @property
    def words(self) -> str:
        """For the name of a file."""
        return "_".join(
            [*([self.account] if self.account else []), str(self.since or "first"), str(self.until or "last")]
        )


def read_blotter(stores: Stores, span: Span, *, cancelled: bool = False) -> list[BlotterRow]:
    """Each execution of the book; `cancelled` shows those too that were taken back."""
    return blotter(_trades(stores, span, cancelled=cancelled))


def read_confirmations(stores: Stores, span: Span) -> list[Confirmation]:
    """What each order traded on each day."""
    return confirmations(_trades(stores, span))


def write_rows(file: Path, kind: type[BlotterRow | Confirmation], rows: Sequence[BlotterRow | Confirmation]) -> int:
    """Write them as CSV or Parquet, by the file's ending, into a folder that is made where it is missing.

    raises    DataError for another ending, or a file that cannot be written
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{file}: cannot be written: {error.strerror or error}") from error
    return write_table(file, columns_of(kind), (asdict(one) for one in rows))


def columns_of(kind: type[BlotterRow | Confirmation]) -> Columns:
    """Its columns in order, and what they hold."""
    return {one.name: _HOLDS.get(str(one.type), Holds.TEXT) for one in fields(kind)}


def _trades(stores: Stores, span: Span, *, cancelled: bool = False) -> list[Any]:
    from sql.trades import read_trades

    name = choose_accounts(stores.settings, [span.account])[0].account.account_id if span.account else None
    with stores.journal.read() as journal:
        return read_trades(journal, span.since or date.min, span.until or date.max, name, cancelled=cancelled)
