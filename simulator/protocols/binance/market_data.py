"""Binance's instrument lists, clock, quotes and book.

Sources: "General endpoints" and "Market Data endpoints" of the venue's REST documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from simulator.protocols.coins.face import Question
from simulator.protocols.coins.rows import Row, digits, milliseconds
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import is_priced
from simulator.protocols.wire import FaceAnswer, answered
from tieout.money import ZERO

_PLENTY = Decimal(1_000)
_KINDS = ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"]


def ping(_: Question) -> FaceAnswer:
    """GET /api/v3/ping."""
    return answered({})


def time(asked: Question) -> FaceAnswer:
    """GET /api/v3/time."""
    return answered({"serverTime": asked.time_ms})


def exchange_info(asked: Question) -> FaceAnswer:
    """GET /api/v3/exchangeInfo."""
    only = asked.fields.get("symbol")
    markets = [asked.market(chosen=is_spot)] if only else [one for one in asked.markets if one.is_spot]
    return answered(
        {
            "timezone": "UTC",
            "serverTime": asked.time_ms,
            "rateLimits": RATE_LIMITS,
            "exchangeFilters": [],
            "symbols": [_symbol(one) for one in markets],
            "sors": [],
        }
    )


def book_ticker(asked: Question) -> FaceAnswer:
    """GET /api/v3/ticker/bookTicker, of one symbol or of all."""
    return _each(asked, lambda market: quoted(asked, market))


def day_ticker(asked: Question) -> FaceAnswer:
    """GET /api/v3/ticker/24hr, of one symbol or of all."""
    return _each(asked, lambda market: day(asked, market))


def depth(asked: Question) -> FaceAnswer:
    """GET /api/v3/depth: one level on either side."""
    market = asked.market(chosen=is_spot)
    return answered({"lastUpdateId": asked.time_ms, **levels(asked, market)})


def is_spot(market: CoinMarket) -> bool:
    return market.is_spot


def levels(asked: Question, market: CoinMarket) -> Row:
    """Bids and asks: what one order finds at one tick."""
    quote = asked.venue.market.quote(market.instrument, asked.now)
    size = digits(market.listing.depth or _PLENTY)
    return {"bids": [[digits(quote.bid), size]], "asks": [[digits(quote.ask), size]]}


def quoted(asked: Question, market: CoinMarket) -> Row:
    """The best bid and ask."""
    quote = asked.venue.market.quote(market.instrument, asked.now)
    size = digits(market.listing.depth or _PLENTY)
    return {
        "symbol": market.symbol,
        "bidPrice": digits(quote.bid),
        "bidQty": size,
        "askPrice": digits(quote.ask),
        "askQty": size,
    }


def day(asked: Question, market: CoinMarket) -> Row:
    """What the session was so far; volumes are not simulated."""
    now, last = asked.now, asked.venue.market.price(market.instrument, asked.now).price
    today = asked.venue.market.day(market.instrument, now)
    low, high, mean = (today.low, today.high, today.mean) if today else (last, last, last)
    return quoted(asked, market) | {
        "priceChange": digits(ZERO),
        "priceChangePercent": "0.000",
        "weightedAvgPrice": digits(mean.quantize(Decimal("0.00000001"))),
        "prevClosePrice": digits(last),
        "lastPrice": digits(last),
        "lastQty": digits(ZERO),
        "openPrice": digits(last),
        "highPrice": digits(high),
        "lowPrice": digits(low),
        "volume": digits(ZERO),
        "quoteVolume": digits(ZERO),
        "openTime": milliseconds(now) - 86_400_000,
        "closeTime": milliseconds(now),
        "firstId": -1,
        "lastId": -1,
        "count": 0,
    }


def _each(asked: Question, row: Callable[[CoinMarket], Row]) -> FaceAnswer:
    if asked.fields.get("symbol"):
        return answered(row(asked.market(chosen=is_spot)))
    return answered([row(one) for one in asked.markets if one.is_spot and is_priced(asked, one)])


def _symbol(market: CoinMarket) -> Row:
    return {
        "symbol": market.symbol,
        "status": "TRADING" if market.is_tradable else "BREAK",
        "baseAsset": market.base,
        "baseAssetPrecision": 8,
        "quoteAsset": market.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": _KINDS,
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(market),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }


def _filters(market: CoinMarket) -> list[Row]:
    rules, tick = market.rules, market.listing.tick
    lot = {"minQty": digits(rules.least), "maxQty": digits(rules.most), "stepSize": digits(rules.step)}
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": digits(tick),
            "maxPrice": digits(Decimal(1_000_000)),
            "tickSize": digits(tick),
        },
        {"filterType": "LOT_SIZE", **lot},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": digits(ZERO),
            "maxQty": digits(rules.most),
            "stepSize": digits(ZERO),
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": digits(rules.least_value),
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
    ]


RATE_LIMITS: list[Row] = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
    {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 200000},
]
