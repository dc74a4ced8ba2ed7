"""Binance's USDⓈ-M instrument list, marks, funding and quotes.

Source: "Market Data" of the venue's USDⓈ-M futures documentation.
"""

from __future__ import annotations

from decimal import Decimal

from simulator.protocols.binance.market_data import RATE_LIMITS, day, levels, quoted
from simulator.protocols.binance.usdm_orders import spoken
from simulator.protocols.coins.face import Question
from simulator.protocols.coins.rows import Row, digits, milliseconds
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import is_priced
from simulator.protocols.wire import FaceAnswer, answered
from tieout.money import ZERO

_NEVER_MS = 4_133_404_800_000
_LISTED_MS = 1_569_398_400_000
_KINDS = ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"]


def exchange_info(asked: Question) -> FaceAnswer:
    """GET /fapi/v1/exchangeInfo."""
    coins = sorted({one.settle for one in _markets(asked)})
    return answered(
        {
            "timezone": "UTC",
            "serverTime": asked.time_ms,
            "futuresType": "C_MARGINED" if asked.part.startswith("d") else "U_MARGINED",
            "rateLimits": RATE_LIMITS,
            "exchangeFilters": [],
            "assets": [{"asset": one, "marginAvailable": True, "autoAssetExchange": "0"} for one in coins],
            "symbols": [_symbol(one) for one in _markets(asked)],
        }
    )


def depth(asked: Question) -> FaceAnswer:
    """GET /fapi/v1/depth: one level on either side."""
    now = milliseconds(asked.now)
    return answered({"lastUpdateId": now, "E": now, "T": now, **levels(asked, asked.market(chosen=spoken(asked)))})


def book_ticker(asked: Question) -> FaceAnswer:
    """GET /fapi/v1/ticker/bookTicker."""
    return _each(asked, [quoted(asked, one) | {"time": milliseconds(asked.now)} for one in _asked_for(asked)])


def day_ticker(asked: Question) -> FaceAnswer:
    """GET /fapi/v1/ticker/24hr."""
    return _each(asked, [day(asked, one) for one in _asked_for(asked)])


def premium_index(asked: Question) -> FaceAnswer:
    """GET /fapi/v1/premiumIndex: mark, index, and the funding to come."""
    return _each(asked, [_premium(asked, one) for one in _asked_for(asked)])


def _premium(asked: Question, market: CoinMarket) -> Row:
    mark, funding = asked.venue.market.price(market.instrument, asked.now).price, asked.venue.funding
    due = None if funding is None else funding.next(asked.now)
    rate = ZERO if funding is None or due is None else funding.rate(market.instrument, due)
    price = digits(mark)
    return {
        "symbol": market.symbol,
        "markPrice": price,
        "indexPrice": price,
        "estimatedSettlePrice": price,
        "lastFundingRate": digits(rate),
        "nextFundingTime": milliseconds(due),
        "interestRate": "0.00010000",
        "time": milliseconds(asked.now),
    }


def _each(asked: Question, rows: list[Row]) -> FaceAnswer:
    """One row for one symbol; COIN-M answers with a list in any case."""
    return answered(rows[0] if asked.fields.get("symbol") and not asked.part.startswith("d") else rows)


def _asked_for(asked: Question) -> list[CoinMarket]:
    if asked.fields.get("symbol"):
        return [asked.market(chosen=spoken(asked))]
    return [one for one in _markets(asked) if is_priced(asked, one)]


def _markets(asked: Question) -> list[CoinMarket]:
    return [one for one in asked.markets if spoken(asked)(one)]


def _symbol(market: CoinMarket) -> Row:
    rules, tick = market.rules, market.listing.tick
    least, most, step = (one / rules.size for one in (rules.least, rules.most, rules.step))
    lot = {"minQty": digits(least, 3), "maxQty": digits(most, 0), "stepSize": digits(step, 3)}
    state = "TRADING" if market.is_tradable else "SETTLING"
    told: Row = {"contractStatus": state, "contractSize": int(rules.size)} if market.is_inverse else {"status": state}
    return told | {
        "symbol": market.symbol,
        "pair": market.symbol.removesuffix("_PERP"),
        "contractType": "PERPETUAL",
        "deliveryDate": _NEVER_MS,
        "onboardDate": _LISTED_MS,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "marginAsset": market.settle,
        "pricePrecision": 2,
        "quantityPrecision": 3,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10_000,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": digits(tick, 2),
                "maxPrice": digits(Decimal(4_529_764), 2),
                "tickSize": digits(tick, 2),
            },
            {"filterType": "LOT_SIZE", **lot},
            {"filterType": "MARKET_LOT_SIZE", **lot},
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MIN_NOTIONAL", "notional": digits(rules.least_value, 0)},
        ],
        "orderTypes": _KINDS,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }
