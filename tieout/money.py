"""Exact decimals from text, and nothing else: money, prices and quantities never pass through a float."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation

from tieout.errors import Malformed

SCALE = 18  # digits behind the point in every store
PRECISION = 38  # digits in all: the widest exact decimal DuckDB has, and PostgreSQL's NUMERIC(38, 18)
ZERO = Decimal(0)
WIDE = Context(prec=2 * PRECISION, rounding=ROUND_HALF_EVEN)  # holds the product of two stored numbers exactly
_STORED = Context(prec=PRECISION, traps=[Inexact, InvalidOperation])  # raises for what would lose a digit
_QUANTUM = Decimal(1).scaleb(-SCALE)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)  # Decimal also reads 1_000 and other digits


def exact(value: object, field: str) -> Decimal:
    """The Decimal that `value` writes, exactly.

    value     text, int or Decimal; a float is refused, for its digits are already lost
    field     what it is, for the message
    raises    Malformed for null, floats, NaN, infinities, text that is no number, or more digits
              than the stores hold (20 before the point, 18 behind it)
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Malformed(f"{field}: a number in text was expected, got {value!r}", received=repr(value))
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise Malformed(f"{field}: {value!r} is not a number", received=repr(value)) from error
    if not number.is_finite():
        raise Malformed(f"{field}: {value!r} is not a finite number", received=repr(value))
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        raise Malformed(f"{field}: {value!r} is not a number", received=repr(value))
    return _fitting(number, field)


def exact_or_none(value: object, field: str) -> Decimal | None:
    """As `exact`, with None and empty text for a field the sender left out on purpose."""
    if value is None or value == "":
        return None
    return exact(value, field)


def rounded(number: Decimal) -> Decimal:
    """`number` to the 18 digits behind the point that the stores hold, half to even; the same on every machine."""
    return number.quantize(_QUANTUM, context=WIDE)


def _fitting(number: Decimal, field: str) -> Decimal:
    try:
        number.quantize(_QUANTUM, context=_STORED)
    except (Inexact, InvalidOperation) as error:
        raise Malformed(f"{field}: {number} has more digits than the stores hold") from error
    return number


def plain(number: Decimal) -> str:
    """Shortest exact text without an exponent: `1E+2` is `100`, `1.50` is `1.5`, `-0` is `0`."""
    if number == 0:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
