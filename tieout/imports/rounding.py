"""Numbers that a program wrote through binary floats, taken back to what was meant: four decimals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from tieout.imports.blemishes import Blemish, BlemishKind
from tieout.imports.csv_table import CsvRow
from tieout.money import exact, plain

DECIMALS = 4
_WHOLE_DIGITS = 20  # before the point; a longer number is refused by `exact`
_STEP = Decimal(1).scaleb(-DECIMALS)
AGREES = Decimal("0.005")  # half a cent: what rounding to cents can hide


def rounded(row: CsvRow, column: str) -> Decimal:
    """The cell to four decimals.

    raises    Malformed for anything that is no number the stores can hold
    """
    value = row.digits(column)
    if value.adjusted() < _WHOLE_DIGITS and _decimals(value) > DECIMALS:
        value = value.quantize(_STEP, ROUND_HALF_EVEN)
    return exact(value, f"{row.file} line {row.line}: {column}")


def rounded_or_none(row: CsvRow, column: str) -> Decimal | None:
    """As `rounded`, with None for an empty cell."""
    return rounded(row, column) if row.note(column) else None


def has_tail(row: CsvRow, column: str) -> bool:
    """Whether the cell has more decimals than are kept."""
    return bool(row.note(column)) and _decimals(row.digits(column)) > DECIMALS


def agree(one: Decimal | None, other: Decimal | None, within: Decimal = AGREES) -> bool:
    """Whether two amounts are the same but for rounding; a figure that is not there contradicts nothing."""
    return one is None or other is None or abs(one - other) <= within


def tails(row: CsvRow, columns: Sequence[str], subject: str, day: date) -> tuple[Blemish, ...]:
    """One blemish for a line in which any of the columns has a tail; the figures are used as rounded."""
    found = [column for column in columns if has_tail(row, column)]
    if not found:
        return ()
    return (
        Blemish(
            row.file,
            row.line,
            BlemishKind.FLOAT_TAIL,
            subject,
            day,
            expected=", ".join(f"{column} {plain(rounded(row, column))}" for column in found),
            found=", ".join(f"{column} {row.note(column)}" for column in found),
            says=f"{' and '.join(found)} with more than {DECIMALS} decimals; used as rounded",
        ),
    )


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
