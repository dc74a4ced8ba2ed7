"""Recorded price bars, from records or CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TextIO

from tieout.errors import Malformed
from tieout.money import exact

_COLUMNS = ("symbol", "start", "open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class Bar:
    """Open, high, low and close over [start, start + length), currency per unit, UTC."""

    symbol: str
    start: datetime
    length: timedelta
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise Malformed(f"bar of {self.symbol}: start {self.start} needs a time zone")
        if self.length <= timedelta(0):
            raise Malformed(f"bar of {self.symbol} at {self.start}: a length above zero is needed")
        if not 0 < self.low <= min(self.open, self.close) <= max(self.open, self.close) <= self.high:
            raise Malformed(f"bar of {self.symbol} at {self.start}: open and close must lie between low and high")


def read_bars(rows: Iterable[Mapping[str, str]], length: timedelta) -> dict[str, list[Bar]]:
    """Bars by symbol.

    rows     symbol, start (ISO 8601 with zone), open, high, low, close, and volume if there is one; all text
    length   of every bar
    raises   Malformed naming the row
    """
    found: dict[str, list[Bar]] = {}
    for number, row in enumerate(rows, start=1):
        bar = _bar(row, length, f"bar {number}")
        found.setdefault(bar.symbol, []).append(bar)
    return found


def read_bars_csv(source: TextIO, length: timedelta) -> dict[str, list[Bar]]:
    """As `read_bars`, from CSV with a header line."""
    return read_bars(csv.DictReader(source), length)


def _bar(row: Mapping[str, str], length: timedelta, where: str) -> Bar:
    missing = [name for name in _COLUMNS if row.get(name) in (None, "")]
    if missing:
        raise Malformed(f"{where}: no {', '.join(missing)}", received=repr(dict(row)))
    try:
        start = datetime.fromisoformat(row["start"])
    except ValueError as error:
        raise Malformed(f"{where}: start {row['start']!r} is not an ISO 8601 time", received=row["start"]) from error
    opened, high, low, close = (exact(row[name], f"{where}: {name}") for name in ("open", "high", "low", "close"))
    return Bar(
        row["symbol"], start, length, opened, high, low, close, exact(row.get("volume") or "0", f"{where}: volume")
    )
