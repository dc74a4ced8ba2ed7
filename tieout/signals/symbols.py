"""A symbol as the instrument it names. Whether a venue knows it is found out by risk, at that venue."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from tieout.errors import Malformed
from tieout.hedge import Leg, in_leg
from tieout.instruments import AssetClass, Instrument, cfd, crypto, equity, forex, fund, future, option, perpetual

_OSI = re.compile(r"[A-Z][A-Z0-9.]{0,5} *\d{6}[CP]\d{8}", re.ASCII)
_FIAT = frozenset(
    [
        "AUD",
        "CAD",
        "CHF",
        "CNH",
        "CZK",
        "DKK",
        "EUR",
        "GBP",
        "HKD",
        "HUF",
        "JPY",
        "MXN",
        "NOK",
        "NZD",
        "PLN",
        "SEK",
        "SGD",
        "TRY",
        "USD",
        "ZAR",
    ]
)
_PAIR = 2


def instrument_of(
    symbol: str, asset_class: AssetClass | None, currency: str | None, multiplier: Decimal | None
) -> Instrument:
    """The instrument of a canonical symbol; see the table in tieout/instruments.py. A leading `NASDAQ:` is passed over.

    asset_class   None: told by the symbol's shape
    currency      of its price; None: US dollars, or the pair's second half
    multiplier    units of underlying per contract, where the class has no standard one
    raises        Malformed telling what is wrong with it
    """
    text = symbol.strip().upper()
    if "/" not in text and asset_class is not AssetClass.OPTION:
        text = text.rpartition(":")[2]
    found = asset_class or _class_of(text)
    money = (currency or "USD").upper()
    match found:
        case AssetClass.EQUITY:
            return equity(_plain(text), money)
        case AssetClass.FUND:
            return fund(_plain(text), money)
        case AssetClass.OPTION:
            return option(text, money, multiplier=multiplier)
        case AssetClass.CFD:
            return cfd(text, money, multiplier or Decimal(1))
        case AssetClass.FUTURE:
            return _future(text, money, multiplier)
        case _:
            return _in_pairs(text, found, multiplier)


def _in_pairs(text: str, asset_class: AssetClass, multiplier: Decimal | None) -> Instrument:
    match asset_class:
        case AssetClass.CRYPTO:
            return crypto(*_pair(text, asset_class))
        case AssetClass.FOREX:
            return forex(*_pair(text, asset_class))
        case AssetClass.PERPETUAL:
            return _perpetual(text, multiplier)
        case _:
            raise Malformed(f"{asset_class.value} is not traded by signals")


def _class_of(text: str) -> AssetClass:
    if _OSI.fullmatch(text):
        return AssetClass.OPTION
    if "/" not in text:
        return AssetClass.EQUITY
    if ":" in text:
        return AssetClass.PERPETUAL
    return AssetClass.FOREX if set(text.split("/")) <= _FIAT else AssetClass.CRYPTO


def _plain(text: str) -> str:
    if "/" in text or " " in text:
        raise Malformed(f"{text!r} is no symbol of a share")
    return text


def _pair(text: str, asset_class: AssetClass) -> tuple[str, str]:
    parts = text.split("/")
    if len(parts) != _PAIR or not all(re.fullmatch(r"[A-Z0-9]{2,12}", one) for one in parts):
        raise Malformed(f"{asset_class.value} is written with both halves, such as BTC/USD, was {text!r}")
    return parts[0], parts[1]


def _perpetual(text: str, multiplier: Decimal | None) -> Instrument:
    contract, leg = _leg(text)
    pair, colon, settle = contract.partition(":")
    if not colon or not re.fullmatch(r"[A-Z0-9]{2,12}", settle):
        raise Malformed(
            "a perpetual is written with its settlement, such as BTC/USDT:USDT, and in hedge mode with its leg, "
            f"BTC/USDT:USDT SHORT, was {text!r}"
        )
    found = perpetual(*_pair(pair, AssetClass.PERPETUAL), settle, multiplier or Decimal(1))
    return found if leg is None else in_leg(found, leg)


def _leg(text: str) -> tuple[str, Leg | None]:
    """The contract and which leg of it: an account in hedge mode keeps both."""
    contract, _, last = text.rpartition(" ")
    return (contract, Leg(last)) if contract and last in Leg.__members__ else (text, None)


def _future(text: str, currency: str, multiplier: Decimal | None) -> Instrument:
    root, _, day = text.partition(" ")
    try:
        expiration = date.fromisoformat(day)
    except ValueError:
        raise Malformed(f"a future is written with its last trading day, such as ES 2026-03-20, was {text!r}") from None
    if multiplier is None:
        raise Malformed(f"{text}: a future needs its multiplier")
    return future(root, expiration, multiplier, currency)
