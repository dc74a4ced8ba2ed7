"""Fields of what ccxt hands over: numbers in text, moments in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from brokers.http.fields import Row
from tieout.errors import Malformed
from tieout.money import exact_or_none

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def number_of(record: Mapping[str, Any], field: str) -> Decimal | None:
    """An exact number, None where there is none. Raises Malformed."""
    return exact_or_none(record.get(field), f"field `{field}`")


def number(record: Mapping[str, Any], field: str, where: str) -> Decimal:
    """An exact number. Raises Malformed where there is none."""
    found = exact_or_none(record.get(field), f"{where}: field `{field}`")
    if found is None:
        raise Malformed(f"{where}: field `{field}` is missing")
    return found


def moment_of(record: Mapping[str, Any], field: str) -> datetime | None:
    """Milliseconds since the epoch as aware UTC, None where there are none."""
    value = record.get(field)
    return None if value is None or value == "" else moment(value, f"field `{field}`")


def moment(value: object, where: str, per_second: int = 1000) -> datetime:
    """A count since the epoch as aware UTC, exactly. Raises Malformed."""
    found = exact_or_none(value, where)
    if found is None:
        raise Malformed(f"{where}: a time was expected")
    try:
        return _EPOCH + timedelta(microseconds=int(found * 1_000_000 / per_second))
    except OverflowError:
        raise Malformed(f"{where}: {found} is no time") from None


def time_in(row: Row, field: str, per_second: int = 1000) -> datetime:
    """A count since the epoch in a row."""
    return moment(row.values.get(field), f"{row.where}: field `{field}`", per_second)


def text_in(row: Row, field: str) -> str:
    """Text or a whole number, as text. Raises Malformed where there is none."""
    value = row.values.get(field)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise Malformed(f"{row.where}: field `{field}`: text was expected, got {value!r}", received=repr(value))
    return str(value)
