"""What a file gives to the journal: records with the line each came from, and the rows that were held back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tieout.errors import DataError
from tieout.imports.blemishes import Blemish
from tieout.imports.csv_table import SourceFile
from tieout.records import Activity, Execution


@dataclass(frozen=True, slots=True)
class Sourced:
    """A record and where it stands."""

    record: Execution | Activity
    source: SourceFile
    line: int

    def evidence(self, signed_off_by: str) -> Mapping[str, object]:
        """What the journal keeps beside the record, so that a person finds the line again."""
        return {
            "file": self.source.name,
            "sha256": self.source.sha256,
            "line": self.line,
            "signed_off_by": signed_off_by,
        }


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A row that was not turned into a record, word for word."""

    file: str
    line: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """Everything that one import would book.

    signed_off_by   who answers for the content
    as_of           the session whose close the opening positions state; None where there are none
    """

    signed_off_by: str
    as_of: date | None
    records: tuple[Sourced, ...]
    blemishes: tuple[Blemish, ...] = ()
    held: tuple[HeldRow, ...] = ()


def require_signature(signed_off_by: str) -> str:
    """Who answers for the file; records that no order and no statement proves need a person.

    raises    DataError where nobody does, or the name cannot be stored
    """
    name = signed_off_by.strip()
    if not name:
        raise DataError("an import must be signed off: say who answers for it (--signed-off-by)")
    if len(name) > 64 or not name.isprintable():
        raise DataError("the name of who signs off must be at most 64 printable characters")
    return name
