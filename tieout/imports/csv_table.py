"""A CSV file as rows that know their line: read strictly, for whatever is guessed here becomes money later.

UTF-8 with or without a byte-order mark, comma separated, one header line. Blank lines are passed over.
"""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property
from io import StringIO

from tieout.errors import Malformed
from tieout.money import exact

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BLANKS = " \t"
_WIDE_MARKS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"\x00\x00\xfe\xff", "UTF-32"))
_SHOWN = 80


@dataclass(frozen=True)
class SourceFile:
    """A file as it came.

    name      without its folder, as it is shown and kept as evidence
    content   the bytes
    """

    name: str
    content: bytes

    @cached_property
    def sha256(self) -> str:
        """Fingerprint of the content, which says which file a record came from even after it was renamed."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One line: its number, counted from 1 with the header, and its cells by column, ASCII blanks trimmed."""

    file: str
    line: int
    cells: Mapping[str, str]
    raw: str

    def note(self, column: str) -> str:
        """Free text; empty where the column is absent."""
        return self.cells.get(column, "")

    def text(self, column: str) -> str:
        """A cell that must not be empty.

        raises    Malformed for an empty cell, and for characters that cannot be seen
        """
        value = self.note(column)
        if not value:
            raise self.complain(f"{column} is empty")
        for character in value:
            if unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Zs", "Zl", "Zp") and character != " ":
                name = unicodedata.name(character, "a control character")
                raise self.complain(f"{column} holds an odd character, U+{ord(character):04X} ({name})")
        return value

    def number(self, column: str) -> Decimal:
        """A finite decimal exactly as written, of at most the digits that the stores hold.

        raises    Malformed for anything else: `1,000`, `$5`, `NaN`, an empty cell
        """
        return exact(self.digits(column), f"{self.file} line {self.line}: {column}")

    def digits(self, column: str) -> Decimal:
        """As `number`, with any number of digits: for floats that were written out with their binary tail."""
        value = self.text(column)
        if not _NUMBER.fullmatch(value):
            raise self.complain(f"{column} must be a number such as 12.50, was {value[:_SHOWN]!r}")
        return Decimal(value)

    def day(self, column: str) -> date:
        """A date written YYYY-MM-DD.

        raises    Malformed for any other way to write one, for 03/04/2025 could be April or March
        """
        value = self.text(column)
        try:
            if _DATE.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass  # 2025-02-30: told below like any other text that is no date
        raise self.complain(f"{column} must be a date such as 2025-09-30, was {value[:_SHOWN]!r}")

    def complain(self, what: str) -> Malformed:
        """An error that says where; to be raised by the caller."""
        return Malformed(f"{self.file} line {self.line}: {what}", received=self.raw)


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A file's rows under known columns."""

    source: SourceFile
    columns: tuple[str, ...]
    rows: tuple[CsvRow, ...]


def read_table(source: SourceFile, required: Sequence[str], optional: Sequence[str] = ()) -> CsvTable:
    """The rows of a CSV file with exactly these columns, in any order and case.

    raises    Malformed for an empty file, a wrong encoding (with its byte), missing, unknown or repeated columns, and
              a line with more or fewer cells than the header
    """
    lines = _lines(source)
    header = next(lines, None)
    if header is None:
        raise Malformed(f"{source.name}: the file is empty; expected a header with {', '.join(required)}")
    columns = _columns(source.name, header.cells, required, optional)
    rows = tuple(_row(source.name, line, columns) for line in lines)
    if not rows:
        raise Malformed(f"{source.name}: there is a header and no rows")
    return CsvTable(source, columns, rows)


def rows_under(source: SourceFile) -> tuple[CsvRow, ...]:
    """The rows of a CSV file under whatever its header says; the caller knows which columns there may be.

    raises    Malformed for an empty file, a wrong encoding, a column without a name or named twice, and a line with
              more or fewer cells than the header
    """
    header = header_of(source)
    if not header:
        raise Malformed(f"{source.name}: the file is empty; expected a header")
    if any(not column or header.count(column) > 1 for column in header):
        raise Malformed(f"{source.name} line 1: a column has no name, or is there twice")
    lines = _lines(source)
    next(lines)
    return tuple(_row(source.name, line, header) for line in lines)


def header_of(source: SourceFile) -> tuple[str, ...]:
    """The column names as written; empty for an empty file."""
    first = next(_lines(source), None)
    return first.cells if first else ()


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: tuple[str, ...]


def _lines(source: SourceFile) -> Iterator[_Line]:
    reader = csv.reader(StringIO(_decoded(source), newline=""), strict=True)
    started = 1
    try:
        for cells in reader:
            if any(cell.strip(_BLANKS) for cell in cells):
                yield _Line(started, tuple(cell.strip(_BLANKS) for cell in cells))
            started = reader.line_num + 1
    except csv.Error as error:
        raise Malformed(f"{source.name} line {started}: not readable as CSV: {error}") from error


def _decoded(source: SourceFile) -> str:
    content = source.content
    for mark, encoding in _WIDE_MARKS:
        if content.startswith(mark):
            raise Malformed(f"{source.name}: encoded as {encoding} (byte 0 starts its mark); save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong_encoding(source, error) from error
    if "\x00" in text:
        at = content.index(b"\x00")
        raise Malformed(f"{source.name}: a NUL byte at offset {at}; this is not a UTF-8 text file")
    return text


def _wrong_encoding(source: SourceFile, error: UnicodeDecodeError) -> Malformed:
    # the codec strips a byte-order mark first and counts behind it
    offset = error.start + (3 if source.content.startswith(b"\xef\xbb\xbf") else 0)
    byte = source.content[offset]
    line = source.content.count(b"\n", 0, offset) + 1
    return Malformed(
        f"{source.name} line {line}: not UTF-8: byte 0x{byte:02X} at offset {offset}; "
        "the file looks like Windows-1252 or Latin-1. Save it as UTF-8."
    )


def _columns(name: str, header: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> tuple[str, ...]:
    known = {column.casefold(): column for column in (*required, *optional)}
    found = []
    for written in header:
        column = known.get(written.casefold())
        if column is None:
            near = get_close_matches(written, known.values(), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known.values())}"
            raise Malformed(f"{name} line 1: column {written!r} is not known; {hint}")
        if column in found:
            raise Malformed(f"{name} line 1: column {column!r} is there twice")
        found.append(column)
    if missing := [column for column in required if column not in found]:
        raise Malformed(f"{name} line 1: missing columns {', '.join(missing)}; found {', '.join(found)}")
    return tuple(found)


def _row(name: str, line: _Line, columns: tuple[str, ...]) -> CsvRow:
    raw = ",".join(line.cells)
    if len(line.cells) != len(columns):
        raise Malformed(
            f"{name} line {line.number}: {len(line.cells)} cells under {len(columns)} columns", received=raw
        )
    return CsvRow(name, line.number, dict(zip(columns, line.cells, strict=True)), raw)
