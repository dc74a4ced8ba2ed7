"""Kraken Futures' instruments, their states, quotes and order books.

Source: "Market Data" and "Instrument Details" of the venue's REST reference.
"""

from __future__ import annotations

from decimal import Decimal

from simulator.protocols.coins.face import Question
from simulator.protocols.coins.rows import Row
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.krakenfutures.codes import iso, told
from simulator.protocols.krakenfutures.rows import is_spoken
from simulator.protocols.wire import FaceAnswer, bare

_PLENTY = Decimal(1_000_000)
_OPENED = "2018-08-31T00:00:00Z"


def listed(asked: Question) -> list[CoinMarket]:
    """The contracts that the venue has."""
    return [one for one in asked.markets if is_spoken(one.instrument)]


def chosen(asked: Question, name: str = "symbol") -> CoinMarket:
    """The contract that a field names, in letters of either case. Raises No."""
    upper = {**asked.fields, name: asked.text(name).upper()}
    return Question(asked.venue, asked.markets, upper, asked.part, asked.time_ms).market(
        name, lambda one: is_spoken(one.instrument)
    )


def instruments(asked: Question) -> FaceAnswer:
    """GET /derivatives/api/v3/instruments."""
    return told(asked.now, instruments=[_instrument(one) for one in listed(asked)])


def states(asked: Question) -> FaceAnswer:
    """GET /derivatives/api/v3/instruments/status."""
    rows = [
        {"tradeable": one.symbol, "experiencingDislocation": False, "priceDislocationDirection": None}
        for one in listed(asked)
    ]
    return told(asked.now, instrumentStatus=rows)


def tickers(asked: Question) -> FaceAnswer:
    """GET /derivatives/api/v3/tickers."""
    return told(asked.now, tickers=[_ticker(asked, one) for one in listed(asked)])


def ticker(asked: Question) -> FaceAnswer:
    """GET /derivatives/api/v3/tickers/{symbol}."""
    fields = {**asked.fields, "symbol": asked.part}
    named = Question(asked.venue, asked.markets, fields, asked.part, asked.time_ms)
    return told(asked.now, ticker=_ticker(asked, chosen(named)))


def orderbook(asked: Question) -> FaceAnswer:
    """GET /derivatives/api/v3/orderbook: one level on either side."""
    market = chosen(asked)
    quote, size = asked.venue.market.quote(market.instrument, asked.now), market.listing.depth or _PLENTY
    book = {"bids": [[bare(quote.bid), bare(size)]], "asks": [[bare(quote.ask), bare(size)]]}
    return told(asked.now, orderBook=book)


def _instrument(market: CoinMarket) -> Row:
    exponent = market.rules.step.normalize().as_tuple().exponent
    return {
        "symbol": market.symbol,
        "type": "futures_inverse" if market.is_inverse else "flexible_futures",
        "tickSize": bare(market.listing.tick),
        "contractSize": 1,
        "tradeable": market.is_tradable,
        "impactMidSize": bare(Decimal(1_000)),
        "maxPositionSize": bare(market.rules.most),
        "openingDate": _OPENED,
        "marginLevels": [{"contracts": 0, "initialMargin": 0.02, "maintenanceMargin": 0.01}],
        "fundingRateCoefficient": 24,
        "maxRelativeFundingRate": 0.0025,
        "contractValueTradePrecision": -exponent if isinstance(exponent, int) else 0,
        "postOnly": False,
        "mtf": True,
        "base": market.base,
        "quote": market.quote,
        "pair": f"{market.base}:{market.quote}",
    }


def _ticker(asked: Question, market: CoinMarket) -> Row:
    quote = asked.venue.market.quote(market.instrument, asked.now)
    last = asked.venue.market.price(market.instrument, asked.now).price
    size = market.listing.depth or _PLENTY
    today = asked.venue.market.day(market.instrument, asked.now)
    return {
        "tag": "perpetual",
        "pair": f"{market.base}:{market.quote}",
        "symbol": market.symbol,
        "markPrice": bare(last),
        "bid": bare(quote.bid),
        "bidSize": bare(size),
        "ask": bare(quote.ask),
        "askSize": bare(size),
        "vol24h": 0,
        "openInterest": 0,
        "open24h": bare(last),
        "high24h": bare(today.high if today else last),
        "low24h": bare(today.low if today else last),
        "indexPrice": bare(last),
        "last": bare(last),
        "lastTime": iso(asked.now),
        "lastSize": 1,
        "suspended": not market.is_tradable,
    }
