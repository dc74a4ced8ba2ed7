"""Alpaca's symbols and asset classes to instruments.

Equities `KO`; options OSI without padding; crypto `BTC/USD` on orders and quotes but `BTCUSD` on positions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from brokers.http.fields import Row
from brokers.http.unmapped import UnknownAssetClass, Unmapped
from tieout.errors import Malformed
from tieout.instruments import AssetClass, Instrument, crypto, equity, option
from tieout.options.osi import is_osi, parse_osi

Multipliers = Mapping[str, Instrument]  # padded OSI of an adjusted contract to what the venue says it is
NO_MULTIPLIERS: Multipliers = {}
Multiply = Callable[[list[Row]], Multipliers]  # asks the venue for those of the adjusted contracts among the rows

_QUOTES = ("USDT", "USDC", "USD", "BTC")  # what Alpaca quotes coins in; longer names first, USDT ends in no other
_CLASSES = {"us_equity": AssetClass.EQUITY, "us_option": AssetClass.OPTION, "crypto": AssetClass.CRYPTO}
_LONGEST_TICKER = 5  # US exchanges list no longer root; `BTCUSD` without a slash has six letters at least
_EQUITY = re.compile(r"^[A-Z][A-Z0-9]*([./\-][A-Z0-9]+)*$")


def instrument_of(row: Row, multipliers: Multipliers = NO_MULTIPLIERS) -> Instrument:
    """The instrument of a row that states its asset class.

    raises   UnknownAssetClass, or Unmapped for a symbol its class cannot have
    """
    stated = row.text("asset_class")
    if stated not in _CLASSES:
        raise UnknownAssetClass(f"{row.where}: field `asset_class`: {stated!r} is not known", received=stated)
    return _instrument(row, row.text("symbol"), _CLASSES[stated], multipliers)


def instrument_by_symbol(row: Row, multipliers: Multipliers = NO_MULTIPLIERS) -> Instrument:
    """The instrument of a row that gives a symbol only: activities name no asset class. Raises Unmapped."""
    symbol = row.text("symbol")
    if is_osi(symbol):
        return _instrument(row, symbol, AssetClass.OPTION, multipliers)
    asset_class = AssetClass.CRYPTO if _looks_like_crypto(symbol) else AssetClass.EQUITY
    return _instrument(row, symbol, asset_class, multipliers)


def adjusted_symbols(found: list[Row]) -> frozenset[str]:
    """Padded OSI symbols among the rows whose multiplier has to be asked of the venue."""
    symbols = {str(row.values.get("symbol")) for row in found}
    options = [parse_osi(symbol) for symbol in symbols if is_osi(symbol) and _exists(symbol)]
    return frozenset(osi.padded for osi in options if osi.is_adjusted)


def wire_symbol(instrument: Instrument) -> str:
    """The symbol to send: options without padding, everything else as it is."""
    return parse_osi(instrument.symbol).compact if instrument.asset_class is AssetClass.OPTION else instrument.symbol


def _instrument(row: Row, symbol: str, asset_class: AssetClass, multipliers: Multipliers) -> Instrument:
    try:
        if asset_class is AssetClass.OPTION:
            return multipliers.get(parse_osi(symbol).padded) or option(symbol)
        if asset_class is AssetClass.CRYPTO:
            return crypto(*_pair(symbol))
        if not _EQUITY.match(symbol):
            raise Malformed(f"{symbol!r} is no ticker", received=symbol)
        return equity(symbol)
    except Unmapped:
        raise
    except Malformed as error:
        raise Unmapped(f"{row.where}: {error}", received=symbol) from None


def _pair(symbol: str) -> tuple[str, str]:
    if "/" in symbol:
        base, quote = symbol.split("/", 1)
        return base, quote
    for quote in _QUOTES:
        if symbol.endswith(quote) and symbol != quote:
            return symbol.removesuffix(quote), quote
    raise Malformed(f"{symbol!r} is no pair of a coin and {', '.join(_QUOTES)}", received=symbol)


def _looks_like_crypto(symbol: str) -> bool:
    if "/" in symbol:
        return symbol.rsplit("/", 1)[1] in _QUOTES
    return len(symbol) > _LONGEST_TICKER and symbol.isalnum() and symbol.endswith(_QUOTES)


def _exists(symbol: str) -> bool:
    try:
        parse_osi(symbol)
    except Malformed:
        return False
    return True
