"""Alpaca's clock, calendar, assets and quotes, from the venue's sessions and market."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from simulator.protocols.alpaca_lists import Refused, invalid
from simulator.protocols.alpaca_requests import instrument_of
from simulator.protocols.alpaca_rows import CLASSES, NEW_YORK, Row, asset_id, wire_symbol
from simulator.protocols.wire import bare
from simulator.venue import SimulatedVenue
from tieout.errors import NotTradable
from tieout.instruments import AssetClass, Instrument, crypto
from tieout.sessions import Sessions

_LONGEST_CALENDAR = timedelta(days=366 * 5)
_BARS_PER_PAGE = 1_000
_MINUTE, _TICK = timedelta(minutes=1), timedelta(microseconds=1)
_LOOK_AHEAD = 15  # days: no exchange stays closed for two weeks


def clock(venue: SimulatedVenue) -> Row:
    """GET /v2/clock, in New York's own offset."""
    now, sessions = venue.clock.now, venue.sessions
    today = now.astimezone(NEW_YORK).date()
    days = list(_sessions(sessions, today, today + timedelta(days=_LOOK_AHEAD)))
    return {
        "timestamp": _local(now),
        "is_open": bool(days) and days[0] == today and sessions.opens_at(today) <= now < sessions.closes_at(today),
        "next_open": _local(next(o for d in days if (o := sessions.opens_at(d)) > now)),
        "next_close": _local(next(c for d in days if (c := sessions.closes_at(d)) > now)),
    }


def calendar(venue: SimulatedVenue, query: Mapping[str, str]) -> list[Row]:
    """GET /v2/calendar: sessions from `start` to `end`, both included, as New York wall clock."""
    start, end = _day(query, "start"), _day(query, "end")
    if end - start > _LONGEST_CALENDAR:
        raise invalid("the range is too long")
    return [
        {
            "date": day.isoformat(),
            "open": f"{venue.sessions.opens_at(day).astimezone(NEW_YORK):%H:%M}",
            "close": f"{venue.sessions.closes_at(day).astimezone(NEW_YORK):%H:%M}",
            "session_open": "0400",
            "session_close": "2000",
        }
        for day in _sessions(venue.sessions, start, end)
    ]


def asset(venue: SimulatedVenue, symbol: str) -> Row:
    """GET /v2/assets/{symbol}; a pair of coins with or without its slash."""
    try:
        listing = venue.market.listing(_listed(venue, symbol))
    except NotTradable:
        raise Refused(404, 40410000, f"asset not found for {symbol}") from None
    instrument = listing.instrument
    return {
        "id": asset_id(instrument),
        "class": CLASSES[instrument.asset_class],
        "exchange": "CRYPTO" if instrument.asset_class is AssetClass.CRYPTO else "NASDAQ",
        "symbol": wire_symbol(instrument),
        "status": "active",
        "tradable": listing.tradable,
        "fractionable": listing.fractionable,
        "shortable": listing.shortable,
    }


def quotes(venue: SimulatedVenue, query: Mapping[str, str]) -> Row:
    """The data host's latest quotes: here numbers are bare, with every digit."""
    found: Row = {}
    for symbol in query.get("symbols", "").split(","):
        try:
            asked = instrument_of(symbol, lambda name: venue.market.listing(name).instrument)
            quote = venue.market.quote(asked, venue.clock.now)
        except NotTradable:
            continue
        found[symbol] = {
            "ap": bare(quote.ask),
            "as": 1,
            "bp": bare(quote.bid),
            "bs": 1,
            "t": venue.market.quoted_at(asked, venue.clock.now).strftime("%Y-%m-%dT%H:%M:%S.%f000Z"),
        }
    return {"quotes": found}


def snapshots(venue: SimulatedVenue, query: Mapping[str, str]) -> Row:
    """The data host's snapshots: last trade and the day's bar."""
    found: Row = {}
    for symbol in query.get("symbols", "").split(","):
        try:
            day = venue.market.day(instrument_of(symbol), venue.clock.now)
        except NotTradable:
            continue
        if day is not None:
            bar = {"l": bare(day.low), "h": bare(day.high), "vw": bare(round(day.mean, 6)), "c": bare(day.last)}
            found[symbol] = {"latestTrade": {"p": bare(day.last)}, "dailyBar": bar}
    return found


def bars(venue: SimulatedVenue, query: Mapping[str, str]) -> Row:
    """The data host's minute bars from `start` to `end`, both included; a minute is shown once it is over."""
    if query.get("timeframe") != "1Min":
        raise invalid("only minutes are simulated")
    start, end = _moment(query, "start"), min(_moment(query, "end"), venue.clock.now - _MINUTE)
    limit, after = int(query.get("limit", _BARS_PER_PAGE)), query.get("page_token", "")
    found: dict[str, list[Row]] = {}
    for number, (symbol, row) in enumerate(_bars(venue, query.get("symbols", ""), start, end)):
        if number < int(after or 0):
            continue
        if number == int(after or 0) + limit:
            return {"bars": found, "next_page_token": str(number)}
        found.setdefault(symbol, []).append(row)
    return {"bars": found, "next_page_token": None}


def _bars(venue: SimulatedVenue, symbols: str, start: datetime, end: datetime) -> Iterator[tuple[str, Row]]:
    for symbol in symbols.split(","):
        try:
            listing = venue.market.listing(instrument_of(symbol))
        except NotTradable:
            continue
        for one in venue.market.minutes(listing.instrument, start, end + _TICK):
            prices = {"l": one.low, "h": one.high, "c": one.last, "vw": round(one.mean, 6), "v": one.volume}
            row: Row = {name: bare(price) for name, price in prices.items()}
            yield symbol, row | {"t": f"{one.begins:%Y-%m-%dT%H:%M:%SZ}"}


def _listed(venue: SimulatedVenue, symbol: str) -> Instrument:
    for listing in venue.market.listings:
        if listing.instrument.symbol.replace("/", "") == symbol.replace("/", ""):
            return listing.instrument
    return crypto(*symbol.split("/", 1)) if "/" in symbol else instrument_of(symbol)


def _sessions(sessions: Sessions, start: date, end: date) -> Iterator[date]:
    days = (start + timedelta(days=number) for number in range((end - start).days + 1))
    return (day for day in days if sessions.is_session(day))


def _day(query: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(query.get(name, ""))
    except ValueError:
        raise invalid(f"invalid {name}") from None


def _moment(query: Mapping[str, str], name: str) -> datetime:
    try:
        return datetime.fromisoformat(query.get(name, ""))
    except ValueError:
        raise invalid(f"invalid {name}") from None


def _local(moment: datetime) -> str:
    return moment.astimezone(NEW_YORK).isoformat()
