"""OKX's instrument lists, clock, tickers, book and funding.

Source: "Public Data" and "Market Data" of the venue's v5 documentation.
"""

from __future__ import annotations

from decimal import Decimal

from simulator.protocols.coins.face import Question
from simulator.protocols.coins.refusals import No, Why
from simulator.protocols.coins.rows import Row, milliseconds, trimmed
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import is_priced
from simulator.protocols.okx.codes import told
from simulator.protocols.okx.rows import contracts, kind_of
from simulator.protocols.wire import FaceAnswer

_LISTED_MS = "1611907686000"
_PLENTY = Decimal(1_000)
_KINDS = ("SPOT", "SWAP", "FUTURES", "OPTION", "MARGIN")
_EMPTY = [
    "alias",
    "auctionEndTime",
    "contTdSwTime",
    "expTime",
    "instFamily",
    "maxPlatOILmt",
    "openType",
    "optType",
    "posLmtAmt",
    "posLmtPct",
    "preMktSwTime",
    "stk",
    "uly",
    "ctMult",
    "ctType",
    "ctVal",
    "ctValCcy",
    "settleCcy",
    "baseCcy",
    "quoteCcy",
    "lever",
    "maxMktAmt",
]


def time(asked: Question) -> FaceAnswer:
    """GET /api/v5/public/time."""
    return told([{"ts": str(asked.time_ms)}])


def instruments(asked: Question) -> FaceAnswer:
    """GET /api/v5/public/instruments."""
    return told([_instrument(one) for one in _markets(asked)])


def tickers(asked: Question) -> FaceAnswer:
    """GET /api/v5/market/tickers."""
    return told([_ticker(asked, one) for one in _markets(asked) if is_priced(asked, one)])


def ticker(asked: Question) -> FaceAnswer:
    """GET /api/v5/market/ticker."""
    return told([_ticker(asked, asked.market("instId"))])


def book(asked: Question) -> FaceAnswer:
    """GET /api/v5/market/books: one level on either side."""
    market = asked.market("instId")
    quote = asked.venue.market.quote(market.instrument, asked.now)
    size = trimmed(contracts(market, market.listing.depth or _PLENTY))
    levels = {"asks": [[trimmed(quote.ask), size, "0", "1"]], "bids": [[trimmed(quote.bid), size, "0", "1"]]}
    return told([{**levels, "ts": str(milliseconds(asked.now)), "seqId": milliseconds(asked.now)}])


def funding_rate(asked: Question) -> FaceAnswer:
    """GET /api/v5/public/funding-rate."""
    market, funding = asked.market("instId", lambda one: not one.is_spot), asked.venue.funding
    due = None if funding is None else funding.next(asked.now)
    rate = "0" if funding is None or due is None else trimmed(funding.rate(market.instrument, due))
    return told(
        [
            {
                "instId": market.symbol,
                "instType": "SWAP",
                "method": "current_period",
                "fundingRate": rate,
                "fundingTime": str(milliseconds(due)),
                "nextFundingRate": "",
                "nextFundingTime": "" if funding is None or due is None else str(milliseconds(funding.next(due))),
                "minFundingRate": "-0.0075",
                "maxFundingRate": "0.0075",
                "settState": "settled",
                "settFundingRate": rate,
                "premium": "0",
                "interestRate": "0.0001",
                "ts": str(asked.time_ms),
            }
        ]
    )


def mark_price(asked: Question) -> FaceAnswer:
    """GET /api/v5/public/mark-price."""
    return told(
        [
            {
                "instId": one.symbol,
                "instType": "SWAP",
                "markPx": trimmed(asked.venue.market.price(one.instrument, asked.now).price),
                "ts": str(milliseconds(asked.now)),
            }
            for one in _markets(asked)
            if is_priced(asked, one)
        ]
    )


def no_status(_: Question) -> FaceAnswer:
    """GET /api/v5/system/status: no maintenance is announced."""
    return told([])


def _markets(asked: Question) -> list[CoinMarket]:
    kind, symbol = asked.text("instType"), asked.fields.get("instId")
    if kind not in _KINDS:
        raise No(Why.FIELD, "instType")
    return [one for one in asked.markets if kind_of(one) == kind and symbol in (None, "", one.symbol)]


def _instrument(market: CoinMarket) -> Row:
    rules = market.rules
    most = trimmed(contracts(market, rules.most))
    sizes = dict.fromkeys(("maxIcebergSz", "maxLmtSz", "maxMktSz", "maxStopSz", "maxTriggerSz", "maxTwapSz"), most)
    row: Row = {
        **dict.fromkeys(_EMPTY, ""),
        **sizes,
        "category": "1",
        "futureSettlement": False,
        "instId": market.symbol,
        "instIdCode": sum(market.symbol.encode()),
        "instType": kind_of(market),
        "listTime": _LISTED_MS,
        "lotSz": trimmed(contracts(market, rules.step)),
        "maxLmtAmt": "20000000",
        "minSz": trimmed(contracts(market, rules.least)),
        "ruleType": "normal",
        "state": "live" if market.is_tradable else "suspend",
        "tickSz": trimmed(market.listing.tick),
        "tradeQuoteCcyList": [],
    }
    if market.is_spot:
        return row | {"baseCcy": market.base, "quoteCcy": market.quote, "maxMktAmt": "1000000"}
    family = f"{market.base}-{market.quote}"
    return row | {
        "ctMult": "1",
        "ctType": "inverse" if market.is_inverse else "linear",
        "ctVal": trimmed(rules.size),
        "ctValCcy": market.quote if market.is_inverse else market.base,
        "settleCcy": market.settle,
        "instFamily": family,
        "uly": family,
        "lever": "100",
    }


def _ticker(asked: Question, market: CoinMarket) -> Row:
    quote = asked.venue.market.quote(market.instrument, asked.now)
    last = trimmed(asked.venue.market.price(market.instrument, asked.now).price)
    size = trimmed(contracts(market, market.listing.depth or _PLENTY))
    return {
        "instType": kind_of(market),
        "instId": market.symbol,
        "last": last,
        "lastSz": "0",
        "askPx": trimmed(quote.ask),
        "askSz": size,
        "bidPx": trimmed(quote.bid),
        "bidSz": size,
        **dict.fromkeys(("open24h", "high24h", "low24h", "sodUtc0", "sodUtc8"), last),
        "volCcy24h": "0",
        "vol24h": "0",
        "ts": str(milliseconds(asked.now)),
    }
