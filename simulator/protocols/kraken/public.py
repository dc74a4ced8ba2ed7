"""Kraken's public endpoints for spot: clock, assets, pairs, ticker, book."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from simulator.protocols.coins.face import Question
from simulator.protocols.coins.refusals import No, Why
from simulator.protocols.coins.rows import Row, digits, milliseconds
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import is_priced
from simulator.protocols.kraken.codes import told
from simulator.protocols.kraken.names import asset, other_name, pair, short_pair
from simulator.protocols.wire import FaceAnswer

_PLENTY = Decimal(1_000)


def time(asked: Question) -> FaceAnswer:
    """Time."""
    now = asked.time_ms // 1_000
    return told({"unixtime": now, "rfc1123": f"{datetime.fromtimestamp(now, UTC):%a, %d %b %y %H:%M:%S +0000}"})


def status(asked: Question) -> FaceAnswer:
    """SystemStatus."""
    at = f"{datetime.fromtimestamp(asked.time_ms / 1_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return told({"status": "online", "timestamp": at})


def assets(asked: Question) -> FaceAnswer:
    """Assets."""
    row = {"aclass": "currency", "decimals": 10, "display_decimals": 5, "status": "enabled"}
    coins = {coin for one in asked.markets if one.is_spot for coin in (one.base, one.quote)}
    return told({asset(one): {**row, "altname": other_name(one)} for one in sorted(coins)})


def asset_pairs(asked: Question) -> FaceAnswer:
    """AssetPairs, of some or of all."""
    return told({pair(one.instrument): _pair(one) for one in _markets(asked)})


def ticker(asked: Question) -> FaceAnswer:
    """Ticker, of some or of all."""
    return told({pair(one.instrument): _ticker(asked, one) for one in _markets(asked) if is_priced(asked, one)})


def depth(asked: Question) -> FaceAnswer:
    """Depth: one level on either side."""
    (market,) = _markets(asked)[:1]
    quote = asked.venue.market.quote(market.instrument, asked.now)
    size, at = digits(market.listing.depth or _PLENTY, 3), milliseconds(asked.now) // 1_000
    levels = {"asks": [[digits(quote.ask, 5), size, at]], "bids": [[digits(quote.bid, 5), size, at]]}
    return told({pair(market.instrument): levels})


def _markets(asked: Question) -> list[CoinMarket]:
    names = asked.fields.get("pair", "")
    spot = [one for one in asked.markets if one.is_spot]
    if not names:
        return spot
    found = [one for one in spot if {pair(one.instrument), short_pair(one.instrument)} & set(names.split(","))]
    if len(found) != len(names.split(",")):
        raise No(Why.UNKNOWN_SYMBOL, names)
    return found


def _pair(market: CoinMarket) -> Row:
    rules, tick = market.rules, market.listing.tick
    return {
        "altname": short_pair(market.instrument),
        "wsname": f"{other_name(market.base)}/{other_name(market.quote)}",
        "aclass_base": "currency",
        "base": asset(market.base),
        "aclass_quote": "currency",
        "quote": asset(market.quote),
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": _places(tick),
        "lot_decimals": _places(rules.step),
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, 0.4]],
        "fees_maker": [[0, 0.25]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": digits(rules.least, 1),
        "costmin": digits(rules.least_value, 1),
        "tick_size": digits(tick, 1),
        "status": "online" if market.is_tradable else "cancel_only",
        "long_position_limit": 0,
        "short_position_limit": 0,
    }


def _ticker(asked: Question, market: CoinMarket) -> Row:
    quote = asked.venue.market.quote(market.instrument, asked.now)
    last, size = asked.venue.market.price(market.instrument, asked.now).price, market.listing.depth or _PLENTY
    text, none = digits(last, 5), digits(Decimal(0))
    return {
        "a": [digits(quote.ask, 5), "1", digits(size, 3)],
        "b": [digits(quote.bid, 5), "1", digits(size, 3)],
        "c": [text, none],
        "v": [none, none],
        "p": [text, text],
        "t": [0, 0],
        "l": [text, text],
        "h": [text, text],
        "o": text,
    }


def _places(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
