"""How Bybit pages: newest first, with a cursor that is sent back as it came; windows of at most seven days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from simulator.protocols.bybit.codes import refused, told
from simulator.protocols.coins.face import Asked
from simulator.protocols.coins.paging import newest_first
from simulator.protocols.coins.rows import Row, moment_of
from simulator.protocols.wire import FaceAnswer

RecordT = TypeVar("RecordT")
_WINDOW = timedelta(days=7)


def window(asked: Asked, longest: timedelta = _WINDOW) -> tuple[datetime, datetime]:
    """From startTime to endTime; the last seven days where neither is sent. Raises Refused."""
    start, end = asked.whole("startTime", 0), asked.whole("endTime", 0)
    if start and end and end - start > longest / timedelta(milliseconds=1):
        raise refused(10001, f"The time range between startTime and endTime cannot exceed {longest.days} days", end)
    since = moment_of(start) if start else None
    until = moment_of(end) if end else None
    if since is None:
        since = (until or asked.now) - longest
    return since, until or since + longest


def page(asked: Asked, every: Iterable[tuple[int, RecordT]], limit: int = 50) -> tuple[list[RecordT], str]:
    """The records of one page, and the cursor of the next: empty on the last. Raises Refused."""
    text = asked.fields.get("cursor", "").partition(":")[0]
    if text and not text.isdecimal():
        raise refused(10001, "cursor invalid", asked.time_ms)
    found = newest_first(every, limit, int(text) if text else None)
    last = "" if found.last is None else f"{found.last}%3A1%2C{found.last}%3A1"
    return [one for _, one in found.rows], last


def listed(asked: Asked, rows: list[Row], cursor: str = "", name: str = "list") -> FaceAnswer:
    """`{"list": […], "nextPageCursor": "", "category": …}`."""
    category = {"category": asked.fields["category"]} if asked.fields.get("category") else {}
    return told({name: rows, "nextPageCursor": cursor, **category}, asked.time_ms)
