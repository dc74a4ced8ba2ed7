"""Coinbase's products, clock, book and rates. Source: "Products" and "Public" of the Advanced Trade reference."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from simulator.protocols.coinbase.rows import rfc3339
from simulator.protocols.coinbase.signing import refused
from simulator.protocols.coins.face import Question
from simulator.protocols.coins.rows import Row, trimmed
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import is_priced
from simulator.protocols.wire import FaceAnswer, answered

_PLENTY = Decimal(1_000)
_FLAGS = [
    "watched",
    "is_disabled",
    "new",
    "cancel_only",
    "limit_only",
    "post_only",
    "auction_mode",
    "view_only",
    "is_alpha_testing",
]
_EMPTY = [
    "alias",
    "base_cbrn",
    "quote_cbrn",
    "product_cbrn",
    "icon_color",
    "icon_url",
    "display_name_overwrite",
    "about_description",
    "market_cap",
    "best_bid_price",
    "best_ask_price",
]


def time(asked: Question) -> FaceAnswer:
    """GET /api/v3/brokerage/time."""
    at = datetime.fromtimestamp(asked.time_ms / 1_000, UTC)
    return answered(
        {"iso": rfc3339(at), "epochSeconds": str(asked.time_ms // 1_000), "epochMillis": str(asked.time_ms)}
    )


def old_time(asked: Question) -> FaceAnswer:
    """GET /v2/time."""
    at = datetime.fromtimestamp(asked.time_ms / 1_000, UTC)
    return answered({"data": {"iso": rfc3339(at), "epoch": asked.time_ms // 1_000}})


def products(asked: Question) -> FaceAnswer:
    """GET /api/v3/brokerage/products and market/products: spot; of futures there are none."""
    kind = asked.fields.get("product_type", "SPOT")
    rows = [
        product_row(asked, one) for one in asked.markets if one.is_spot and kind in ("", "SPOT", "UNKNOWN_PRODUCT_TYPE")
    ]
    return answered({"products": rows, "num_products": len(rows)})


def product(asked: Question) -> FaceAnswer:
    """GET /api/v3/brokerage/products/{id}."""
    return answered(product_row(asked, _named(asked, asked.part)))


def ticker(asked: Question) -> FaceAnswer:
    """GET /api/v3/brokerage/products/{id}/ticker."""
    market = _named(asked, asked.part)
    quote = asked.venue.market.quote(market.instrument, asked.now)
    tick = asked.venue.market.price(market.instrument, asked.now)
    trade = {
        "trade_id": str(int(tick.at.timestamp())),
        "product_id": market.symbol,
        "price": trimmed(tick.price),
        "size": "0.001",
        "time": rfc3339(tick.at),
        "side": "BUY",
        "bid": "",
        "ask": "",
        "exchange": "coinbase",
    }
    return answered({"trades": [trade], "best_bid": trimmed(quote.bid), "best_ask": trimmed(quote.ask)})


def book(asked: Question) -> FaceAnswer:
    """GET /api/v3/brokerage/product_book: one level on either side."""
    market = _named(asked, asked.text("product_id"))
    quote = asked.venue.market.quote(market.instrument, asked.now)
    size, middle = trimmed(market.listing.depth or _PLENTY), (quote.bid + quote.ask) / 2
    levels = {
        "bids": [{"price": trimmed(quote.bid), "size": size}],
        "asks": [{"price": trimmed(quote.ask), "size": size}],
    }
    return answered(
        {
            "pricebook": {"product_id": market.symbol, **levels, "time": rfc3339(asked.now)},
            "last": trimmed(middle),
            "mid_market": trimmed(middle),
            "spread_bps": trimmed(((quote.ask - quote.bid) / middle * 10_000).quantize(Decimal("0.000001"))),
            "spread_absolute": trimmed(quote.ask - quote.bid),
        }
    )


def best_bid_ask(asked: Question) -> FaceAnswer:
    """GET /api/v3/brokerage/best_bid_ask."""
    rows = []
    for one in asked.markets:
        if one.is_spot and is_priced(asked, one):
            quote, size = asked.venue.market.quote(one.instrument, asked.now), trimmed(one.listing.depth or _PLENTY)
            bid, ask = ({"price": trimmed(price), "size": size} for price in (quote.bid, quote.ask))
            rows.append({"product_id": one.symbol, "bids": [bid], "asks": [ask], "time": rfc3339(asked.now)})
    return answered({"pricebooks": rows})


def no_data(_: Question) -> FaceAnswer:
    """GET /v2/currencies, and the rest of what only names coins."""
    return answered({"data": []})


def exchange_rates(asked: Question) -> FaceAnswer:
    """GET /v2/exchange-rates."""
    return answered({"data": {"currency": asked.fields.get("currency", "USD"), "rates": {}}})


def product_row(asked: Question, market: CoinMarket) -> Row:
    """One product with its limits and its present price."""
    rules, tick = market.rules, trimmed(market.listing.tick)
    priced = is_priced(asked, market)
    price = trimmed(asked.venue.market.price(market.instrument, asked.now).price) if priced else ""
    return {
        **dict.fromkeys(_FLAGS, False),
        **dict.fromkeys(_EMPTY, ""),
        **dict.fromkeys(("price_percentage_change_24h", "volume_24h", "volume_percentage_change_24h"), "0"),
        "product_id": market.symbol,
        "price": price,
        "base_increment": trimmed(rules.step),
        "quote_increment": tick,
        "quote_min_size": trimmed(rules.least_value),
        "quote_max_size": "150000000",
        "base_min_size": trimmed(rules.least),
        "base_max_size": trimmed(rules.most),
        "base_name": market.base,
        "quote_name": market.quote,
        "status": "online" if market.is_tradable else "offline",
        "trading_disabled": not market.is_tradable,
        "product_type": "SPOT",
        "quote_currency_id": market.quote,
        "base_currency_id": market.base,
        "fcm_trading_session_details": None,
        "mid_market_price": "",
        "alias_to": [],
        "base_display_symbol": market.base,
        "quote_display_symbol": market.quote,
        "price_increment": tick,
        "display_name": market.symbol,
        "product_venue": "CBE",
        "approximate_quote_24h_volume": "0",
        "new_at": "2023-01-01T00:00:00Z",
    }


def _named(asked: Question, symbol: str) -> CoinMarket:
    found = asked.markets.find(symbol, lambda one: one.is_spot)
    if found is None:
        raise refused("NOT_FOUND", f"product {symbol} not found", 404)
    return found
