"""From an asset class and a symbol written in a file to the instrument with its canonical key."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tieout.errors import Malformed
from tieout.instruments import (
    AssetClass,
    Instrument,
    cfd,
    crypto,
    equity,
    forex,
    fund,
    future,
    option,
    perpetual,
)


def instrument_from(asset_class: str, symbol: str, currency: str, multiplier: Decimal | None = None) -> Instrument:
    """The instrument that a row names.

    asset_class   one of tieout's classes but cash
    symbol        as in the table of `tieout/instruments.py`; options also in their compact form
    currency      what its price is quoted in; must agree with the symbol where that names it
    multiplier    units of underlying per contract; needed for futures and adjusted options
    raises        Malformed naming what does not fit
    """
    try:
        kind = AssetClass(asset_class.strip().lower())
    except ValueError as error:
        raise Malformed(f"asset class {asset_class!r} is not known; known are {', '.join(AssetClass)}") from error
    made = _made(kind, symbol, currency.upper(), multiplier)
    if made.currency != currency.upper():
        raise Malformed(f"{symbol} is quoted in {made.currency}, the row says {currency.upper()}")
    return made


def _made(kind: AssetClass, symbol: str, currency: str, multiplier: Decimal | None) -> Instrument:
    match kind:
        case AssetClass.OPTION:
            return option(symbol, currency, multiplier=multiplier)
        case AssetClass.FUTURE:
            return _future(symbol, currency, multiplier)
        case AssetClass.CFD:
            return cfd(symbol, currency, multiplier or Decimal(1))
        case AssetClass.PERPETUAL:
            return _perpetual(symbol, multiplier or Decimal(1))
        case AssetClass.CASH:
            raise Malformed(f"{symbol}: cash is a balance, not an instrument that is held")
    if multiplier not in (None, 1):
        raise Malformed(f"{symbol}: a multiplier of {multiplier} has no sense for {kind}")
    return _of_one_unit(kind, symbol, currency)


def _of_one_unit(kind: AssetClass, symbol: str, currency: str) -> Instrument:
    if kind is AssetClass.EQUITY:
        return equity(symbol, currency)
    if kind is AssetClass.FUND:
        return fund(symbol, currency)
    base, quote = _pair(symbol)
    return crypto(base, quote) if kind is AssetClass.CRYPTO else forex(base, quote)


def _pair(symbol: str) -> tuple[str, str]:
    base, slash, quote = symbol.partition("/")
    if not slash or not base or not quote:
        raise Malformed(f"{symbol!r} must be written BASE/QUOTE, such as BTC/USD")
    return base, quote


def _perpetual(symbol: str, multiplier: Decimal) -> Instrument:
    pair, colon, settle = symbol.partition(":")
    if not colon or not settle:
        raise Malformed(f"{symbol!r} must be written BASE/QUOTE:SETTLEMENT, such as BTC/USDT:USDT")
    base, quote = _pair(pair)
    return perpetual(base, quote, settle, multiplier)


def _future(symbol: str, currency: str, multiplier: Decimal | None) -> Instrument:
    root, _, day = symbol.rpartition(" ")
    try:
        expiration = date.fromisoformat(day)
    except ValueError as error:
        raise Malformed(f"{symbol!r} must be written ROOT YYYY-MM-DD, such as ES 2026-03-20") from error
    if multiplier is None:
        raise Malformed(f"{symbol}: a future needs its multiplier")
    return future(root, expiration, multiplier, currency)
