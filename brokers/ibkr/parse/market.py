"""Trading hours and prices."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from brokers.base import Quote, VenueSession
from brokers.http.fields import Row
from tieout.errors import Malformed
from tieout.instruments import Instrument

_CLOSED = "CLOSED"
_MOMENT = "%Y%m%d:%H%M"


def sessions(hours: str, zone: str) -> tuple[VenueSession, ...]:
    """`20260302:0930-20260302:1600;20260307:CLOSED;…` as sessions, in order. Raises Malformed."""
    place = _zone(zone)
    spans = (part for part in hours.split(";") if part and not part.endswith(_CLOSED))
    return tuple(_session(span, place) for span in spans)


def days(hours: str) -> list[date]:
    """Every day that the hours speak of, closed ones too. Raises Malformed."""
    return [_moment(part[:8] + ":0000").date() for part in hours.split(";") if part]


def _session(span: str, zone: ZoneInfo) -> VenueSession:
    begin, dash, end = span.partition("-")
    if not dash:
        raise Malformed(f"trading hours: {span!r} is no span", received=span)
    opens, closes = (_moment(one).replace(tzinfo=zone).astimezone(UTC) for one in (begin, end))
    return VenueSession(_moment(end).date(), opens, closes)


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, _MOMENT)  # noqa: DTZ007 - the zone stands beside it
    except ValueError:
        raise Malformed(f"trading hours: {text!r} is no time", received=text) from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise Malformed(f"trading hours: {name!r} is no time zone", received=name) from None


def quote(row: Row, instrument: Instrument, now: datetime) -> Quote:
    """Prices of a snapshot; -1 and 0 are how TWS writes an empty side."""
    bid, ask, last, low, high = (_price(row, name) for name in ("bid", "ask", "last", "low", "high"))
    return Quote(instrument, bid, ask, now, last=last, day_low=low, day_high=high)


def _price(row: Row, field: str) -> Decimal | None:
    found = row.number_or_none(field)
    return None if found is None or found <= 0 else found
