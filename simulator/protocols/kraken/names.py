"""Kraken's own names of coins and pairs, and its ids. Source: `Assets` and `AssetPairs` of the REST reference."""

from __future__ import annotations

import base64
import hashlib

from tieout.instruments import Instrument

_OTHER = {"BTC": "XBT", "DOGE": "XDG"}
_OLD_COINS = frozenset(["XBT", "XDG", "ETH", "ETC", "LTC", "XRP", "XLM", "XMR", "ZEC", "REP", "MLN"])
_OLD_MONEY = frozenset(["USD", "EUR", "GBP", "CAD", "JPY", "AUD"])


def other_name(coin: str) -> str:
    """`XBT` for BTC; any other coin as it is."""
    return _OTHER.get(coin, coin)


def asset(coin: str) -> str:
    """`XXBT`, `ZUSD`, `USDT`: the first coins and national currencies have a letter before them."""
    name = other_name(coin)
    if name in _OLD_COINS:
        return f"X{name}"
    return f"Z{name}" if name in _OLD_MONEY else name


def pair(instrument: Instrument) -> str:
    """`XXBTZUSD` where both sides have their letter, else `XBTUSDT`."""
    base, quote = instrument.underlying or "", instrument.currency
    if other_name(base) in _OLD_COINS and quote in _OLD_MONEY:
        return f"{asset(base)}{asset(quote)}"
    return short_pair(instrument)


def short_pair(instrument: Instrument) -> str:
    """`XBTUSDT`, `XBTUSD`."""
    return f"{other_name(instrument.underlying or '')}{other_name(instrument.currency)}"


def venue_id(letter: str, ours: object) -> str:
    """An id as the venue writes it, `OUF4EM-FRGI2-MQMWZD`, always the same for the same thing."""
    text = base64.b32encode(hashlib.sha256(str(ours).encode()).digest()).decode()
    return f"{letter}{text[:5]}-{text[5:10]}-{text[10:16]}"
