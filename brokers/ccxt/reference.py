"""What the venue says of prices and of the time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from brokers.base import Book, Clock, Level, Quote
from brokers.ccxt.desk import Desk
from brokers.ccxt.fields import moment_of, number_of
from brokers.ccxt.markets import Market, in_units, instrument_of
from tieout.errors import Malformed, Unsupported
from tieout.instruments import Instrument
from tieout.lanes import Lane
from tieout.money import exact


def fetch_quote(desk: Desk, instrument: Instrument, lane: Lane = Lane.DATA) -> Quote:
    """Best bid and ask, with the last trade and the day's bounds where the venue tells them along."""
    with desk.line.calls("quote", lane):
        market = desk.markets.of(instrument)
        ticker = desk.exchange.fetch_ticker(market["symbol"])
        if ticker.get("symbol") != market["symbol"]:
            raise Malformed(f"{market['symbol']} was asked for, {ticker.get('symbol')} answered")
        if ticker.get("bid") is None or ticker.get("ask") is None:
            return _with_best(desk, instrument, market, ticker)
        return _quote(desk, instrument, ticker)


def fetch_quotes(desk: Desk, symbols: Sequence[str], lane: Lane) -> list[Quote]:
    """The quotes of these markets, by ccxt's symbols, in one request; those that the answer leaves out are left out."""
    with desk.line.calls("quote", lane):
        tickers = desk.exchange.fetch_tickers(list(symbols))
        found = [(desk.markets.named(symbol, "quotes"), tickers[symbol]) for symbol in symbols if symbol in tickers]
        return [_quote(desk, instrument_of(market), ticker) for market, ticker in found]


def _with_best(desk: Desk, instrument: Instrument, market: Market, ticker: dict[str, Any]) -> Quote:
    """Where the ticker has no bid or ask, those of the book."""
    book = _book(desk, instrument, market, 5)
    best = {side: f"{levels[0].price:f}" for side, levels in (("bid", book.bids), ("ask", book.asks)) if levels}
    return _quote(desk, instrument, {**ticker, **best})


def _quote(desk: Desk, instrument: Instrument, told: dict[str, Any]) -> Quote:
    ticker = desk.venue.quoted(told)
    return Quote(
        instrument=instrument,
        bid=number_of(ticker, "bid"),
        ask=number_of(ticker, "ask"),
        quoted_at=moment_of(ticker, "timestamp") or desk.now(),
        last=number_of(ticker, "last"),
        day_low=number_of(ticker, "low"),
        day_high=number_of(ticker, "high"),
        vwap=number_of(ticker, "vwap"),
    )


def fetch_book(desk: Desk, instrument: Instrument, levels: int) -> Book:
    """The best prices on either side, in units, the best first."""
    with desk.line.calls("book", Lane.DATA):
        return _book(desk, instrument, desk.markets.of(instrument), levels)


def _book(desk: Desk, instrument: Instrument, market: Market, levels: int) -> Book:
    raw = desk.venue.depth(desk, market, levels)
    bids, asks = _side(raw[0], market), _side(raw[1], market)
    bids.reverse()
    return Book(instrument, tuple(bids[:levels]), tuple(asks[:levels]))


def _side(rows: Sequence[Any], market: Market) -> list[Level]:
    """One side by rising price. ccxt sorts too, but numbers in text by their letters: 9 above 10."""
    levels = [Level(exact(row[0], "price of the book"), in_units(exact(row[1], "its size"), market)) for row in rows]
    return sorted(levels, key=lambda level: level.price)


def fetch_clock(desk: Desk) -> Clock:
    """The venue's clock; the market never closes.

    raises   Unsupported where the venue tells no time
    """
    if desk.venue.no_clock:
        raise Unsupported(desk.venue.broker, desk.venue.no_clock)
    with desk.line.calls("clock", Lane.DATA):
        return Clock(desk.venue.time(desk), is_open=True, next_open=None, next_close=None)
