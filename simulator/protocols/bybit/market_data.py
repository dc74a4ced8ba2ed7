"""Bybit's instrument lists, clock, tickers and book.

Source: "Market" of the venue's v5 documentation.
"""

from __future__ import annotations

from decimal import Decimal

from simulator.protocols.bybit.codes import refused, told
from simulator.protocols.bybit.rows import category_of
from simulator.protocols.coins.face import Question
from simulator.protocols.coins.rows import Row, milliseconds, trimmed
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import is_priced
from simulator.protocols.wire import FaceAnswer

_CATEGORIES = ("spot", "linear", "inverse", "option")
_LISTED_MS = 1_577_836_800_000
_PLENTY = Decimal(1_000)


def time(asked: Question) -> FaceAnswer:
    """GET /v5/market/time."""
    now = asked.time_ms
    return told({"timeSecond": str(now // 1_000), "timeNano": str(now * 1_000_000)}, now)


def instruments(asked: Question) -> FaceAnswer:
    """GET /v5/market/instruments-info: one page, for so few."""
    rows = [_instrument(one) for one in _markets(asked)]
    return told({"category": asked.text("category"), "list": rows, "nextPageCursor": ""}, asked.time_ms)


def tickers(asked: Question) -> FaceAnswer:
    """GET /v5/market/tickers."""
    rows = [_ticker(asked, one) for one in _markets(asked) if is_priced(asked, one)]
    return told({"category": asked.text("category"), "list": rows}, asked.time_ms)


def order_book(asked: Question) -> FaceAnswer:
    """GET /v5/market/orderbook: one level on either side."""
    (market,) = _markets(asked) or (None,)
    if market is None:
        raise refused(10001, "params error: symbol invalid", asked.time_ms)
    quote = asked.venue.market.quote(market.instrument, asked.now)
    size = trimmed(market.listing.depth or _PLENTY)
    levels = {"b": [[trimmed(quote.bid), size]], "a": [[trimmed(quote.ask), size]]}
    now = milliseconds(asked.now)
    return told({"s": market.symbol, **levels, "ts": now, "u": now, "seq": now, "cts": now}, asked.time_ms)


def _markets(asked: Question) -> list[CoinMarket]:
    category, symbol = asked.text("category"), asked.fields.get("symbol")
    if category not in _CATEGORIES:
        raise refused(10001, "Illegal category", asked.time_ms)
    return [one for one in asked.markets if category_of(one) == category and symbol in (None, "", one.symbol)]


def _instrument(market: CoinMarket) -> Row:
    rules = market.rules
    head = {
        "symbol": market.symbol,
        "baseCoin": market.base,
        "quoteCoin": market.quote,
        "status": "Trading" if market.is_tradable else "Closed",
    }
    tick = trimmed(market.listing.tick)
    if market.is_spot:
        return head | {
            "innovation": "0",
            "marginTrading": "none",
            "stTag": "0",
            "lotSizeFilter": {
                "basePrecision": trimmed(rules.step),
                "quotePrecision": "0.00000001",
                "minOrderQty": trimmed(rules.least),
                "maxOrderQty": trimmed(rules.most),
                "minOrderAmt": trimmed(rules.least_value),
                "maxOrderAmt": "4000000",
            },
            "priceFilter": {"tickSize": tick},
            "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
        }
    value = {} if market.is_inverse else {"minNotionalValue": trimmed(rules.least_value)}
    return head | {
        "contractType": "InversePerpetual" if market.is_inverse else "LinearPerpetual",
        "launchTime": str(_LISTED_MS),
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": "2",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": tick, "maxPrice": "1999999.8", "tickSize": tick},
        "lotSizeFilter": {
            "maxOrderQty": trimmed(rules.most),
            "minOrderQty": trimmed(rules.least),
            "qtyStep": trimmed(rules.step),
            "postOnlyMaxOrderQty": trimmed(rules.most),
            "maxMktOrderQty": trimmed(rules.most),
            **value,
        },
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
        "settleCoin": market.settle,
        "copyTrading": "none",
        "upperFundingRate": "0.0075",
        "lowerFundingRate": "-0.0075",
    }


def _ticker(asked: Question, market: CoinMarket) -> Row:
    quote = asked.venue.market.quote(market.instrument, asked.now)
    last = asked.venue.market.price(market.instrument, asked.now).price
    size = trimmed(market.listing.depth or _PLENTY)
    row: Row = {
        "symbol": market.symbol,
        "bid1Price": trimmed(quote.bid),
        "bid1Size": size,
        "ask1Price": trimmed(quote.ask),
        "ask1Size": size,
        "lastPrice": trimmed(last),
        "prevPrice24h": trimmed(last),
        "price24hPcnt": "0",
        "highPrice24h": trimmed(last),
        "lowPrice24h": trimmed(last),
        "turnover24h": "0",
        "volume24h": "0",
    }
    if market.is_spot:
        return row
    funding = asked.venue.funding
    due = None if funding is None else funding.next(asked.now)
    rate = "0" if funding is None or due is None else trimmed(funding.rate(market.instrument, due))
    return row | {
        "markPrice": trimmed(last),
        "indexPrice": trimmed(last),
        "openInterest": "0",
        "openInterestValue": "0",
        "fundingRate": rate,
        "nextFundingTime": str(milliseconds(due)),
        "deliveryTime": "0",
    }
