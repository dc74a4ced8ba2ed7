"""Records of a Flex report as rows, with their instrument, their moment and the codes beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from brokers.http.fields import Row
from brokers.ibkr.parse.symbols import OPTION, instrument_of
from tieout.errors import Malformed
from tieout.instruments import Instrument

NEW_YORK = ZoneInfo("America/New_York")  # reports state times in it, unless the account's owner chose another
_PAIRS = frozenset({"CRYPTO", "CASH"})


def row_of(record: Any) -> Row:
    """Every field that the report states, as text; codes as a tuple."""
    values = {one.name: _text(getattr(record, one.name)) for one in dataclasses.fields(record)}
    name = values.get("transactionID") or values.get("symbol") or ""
    return Row(
        {key: value for key, value in values.items() if value is not None}, f"Flex {type(record).__name__} {name}"
    )


def rows_of(records: Iterable[Any]) -> list[Row]:
    """Rows of one section."""
    return [row_of(one) for one in records]


def instrument_in(row: Row) -> Instrument:
    """The instrument of a record. Raises Unmapped."""
    kind, symbol = str(row.values.get("assetCategory") or ""), str(row.values.get("symbol") or "")
    under = str(row.values.get("underlyingSymbol") or "")
    expiry = str(row.values.get("expiry") or "").replace("-", "")
    fields = {
        "secType": kind,
        "symbol": symbol.partition(".")[0]
        if kind in _PAIRS
        else under
        if kind in (OPTION, "FUT") and under
        else symbol,
        "localSymbol": symbol,
        "currency": row.values.get("currency"),
        "multiplier": row.values.get("multiplier"),
        "lastTradeDateOrContractMonth": expiry,
    }
    return instrument_of(Row(fields, row.where))


def moment(row: Row) -> datetime:
    """When it happened, UTC: date and time where both are there, else midnight of the day. Raises Malformed."""
    if (text := row.text_or_none("dateTime")) is not None:
        return _local(row, text)
    day = row.text_or_none("tradeDate") or row.text_or_none("date") or row.text("reportDate")
    return _local(row, f"{day}T{row.text_or_none('tradeTime') or '00:00:00'}")


def posted(row: Row, generated: datetime) -> datetime:
    """From when on a report had it, UTC: the night after its day, or when this report was made."""
    day = row.day_or_none("reportDate") or moment(row).astimezone(NEW_YORK).date()
    night = datetime.combine(day + timedelta(days=1), time.min, NEW_YORK).astimezone(UTC)
    return min(night, generated)


def generated_at(statement: Any) -> datetime:
    """When the report was made, UTC."""
    made: datetime = statement.whenGenerated
    return made.replace(tzinfo=NEW_YORK).astimezone(UTC)


def codes(row: Row, field: str) -> frozenset[str]:
    """Codes beside a record: `A` assignment, `Ex` exercise, `Ep` expired, `Ca` cancelled, `Co` corrected."""
    found = row.values.get(field)
    return frozenset(str(one) for one in found) if isinstance(found, tuple) else frozenset()


def _text(value: object) -> object:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return tuple(_text(one) for one in value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date | time):
        return value.isoformat()
    return value


def _local(row: Row, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)
    except ValueError:
        raise Malformed(f"{row.where}: {text!r} is no time", received=text) from None
