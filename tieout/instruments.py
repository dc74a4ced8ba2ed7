"""What is held or traded, under a key that is the same at every venue.

equity, fund   `AAPL`, `BRK.B`
option         padded OSI, `AAPL  260116P00150000`
crypto         `BTC/USD`
perpetual      `BTC/USDT:USDT`      base / quote : settlement; in hedge mode with its leg, `BTC/USDT:USDT LONG`
future         `ES 2026-03-20`      root and last trading day; `BTC/USDT:USDT-260327` for crypto futures
forex          `EUR/USD`
cfd            `XAU/USD`, `US500`
cash           `USD`
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tieout.errors import Malformed
from tieout.money import WIDE
from tieout.options.osi import OptionRight, parse_osi

ONE = Decimal(1)
STANDARD_OPTION_MULTIPLIER = Decimal(100)  # OCC: 100 shares, unless the contract was adjusted
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9./:\- ]{0,63}")
_SETTLED_IN = re.compile("[- ]")  # what ends the settlement coin of a contract's key: a date, or a leg


class AssetClass(StrEnum):
    """How an instrument is valued, settled and tolerated."""

    EQUITY = "equity"
    OPTION = "option"
    CRYPTO = "crypto"
    PERPETUAL = "perpetual"
    FUTURE = "future"
    FOREX = "forex"
    CFD = "cfd"
    FUND = "fund"
    CASH = "cash"


# Trading them moves no money but the profit or loss when they are closed.
MARGINED = frozenset({AssetClass.PERPETUAL, AssetClass.FUTURE, AssetClass.CFD})


@dataclass(frozen=True, slots=True)
class Instrument:
    """One thing that can be held.

    symbol       the canonical key, see the module's table
    currency     what its price is quoted in
    multiplier   units of underlying per contract or share; value = quantity × price × multiplier
    """

    asset_class: AssetClass
    symbol: str
    currency: str
    multiplier: Decimal = ONE
    underlying: str | None = None
    expiration: date | None = None
    option_right: OptionRight | None = None
    strike: Decimal | None = None

    def __post_init__(self) -> None:
        if not _SYMBOL.fullmatch(self.symbol):
            raise Malformed(f"instrument symbol {self.symbol!r} has characters no venue uses", received=self.symbol)
        if not re.fullmatch(r"[A-Z0-9]{2,12}", self.currency):
            raise Malformed(f"currency {self.currency!r} of {self.symbol} is not a currency code")
        if self.multiplier <= 0:
            raise Malformed(f"multiplier of {self.symbol} must be above zero, was {self.multiplier}")

    def value(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Signed market value in `currency`, to the last digit.

        An inverse contract is counted in units of the quote currency, and is worth as many at any price.
        """
        if self.is_inverse:
            return WIDE.multiply(quantity, self.multiplier)
        return WIDE.multiply(WIDE.multiply(quantity, price), self.multiplier)

    @property
    def is_margined(self) -> bool:
        """Whether a trade moves no money until it is closed."""
        return self.asset_class in MARGINED

    @property
    def profit_currency(self) -> str:
        """What profit is paid in: the coin behind the colon of a crypto contract, otherwise `currency`."""
        _, colon, settle = self.symbol.partition(":")
        return _SETTLED_IN.split(settle, maxsplit=1)[0] if colon and self.is_margined else self.currency

    @property
    def is_inverse(self) -> bool:
        """Whether a contract of fixed worth in the quote currency pays its profit in the base coin, `BTC/USD:BTC`."""
        return self.profit_currency not in {self.currency, ""} and self.profit_currency == self.underlying


def equity(symbol: str, currency: str = "USD") -> Instrument:
    """A share or exchange-traded fund."""
    return Instrument(AssetClass.EQUITY, symbol.upper(), currency)


def fund(symbol: str, currency: str = "USD") -> Instrument:
    """A mutual or money-market fund, dealt at net asset value."""
    return Instrument(AssetClass.FUND, symbol.upper(), currency)


def option(
    symbol: str, currency: str = "USD", *, multiplier: Decimal | None = None, underlying: str | None = None
) -> Instrument:
    """A listed option from its OSI symbol.

    multiplier   shares per contract as the venue states it. Left out it is 100, unless the root ends in a digit:
                 an adjusted contract's deliverable is not known from its symbol
    raises       Malformed for a bad symbol, or an adjusted contract without its multiplier
    """
    osi = parse_osi(symbol)
    if multiplier is None:
        if osi.is_adjusted:
            raise Malformed(f"{osi.padded}: an adjusted contract needs its multiplier from the venue")
        multiplier = STANDARD_OPTION_MULTIPLIER
    return Instrument(
        AssetClass.OPTION,
        osi.padded,
        currency,
        multiplier,
        underlying or osi.root,
        osi.expiration,
        osi.right,
        osi.strike,
    )


def crypto(base: str, quote: str = "USD") -> Instrument:
    """A coin held on a spot account, priced in `quote`."""
    return Instrument(AssetClass.CRYPTO, f"{base}/{quote}".upper(), quote.upper(), underlying=base.upper())


def perpetual(base: str, quote: str, settle: str, multiplier: Decimal = ONE) -> Instrument:
    """A perpetual swap; `settle` is the coin that profit is paid in."""
    symbol = f"{base}/{quote}:{settle}".upper()
    return Instrument(AssetClass.PERPETUAL, symbol, quote.upper(), multiplier, underlying=base.upper())


def future(root: str, expiration: date, multiplier: Decimal, currency: str = "USD") -> Instrument:
    """A dated future by root and last trading day."""
    symbol = f"{root.upper()} {expiration.isoformat()}"
    return Instrument(AssetClass.FUTURE, symbol, currency, multiplier, root.upper(), expiration)


def forex(base: str, quote: str) -> Instrument:
    """A currency pair; the position is in units of `base`."""
    return Instrument(AssetClass.FOREX, f"{base}/{quote}".upper(), quote.upper(), underlying=base.upper())


def cfd(symbol: str, currency: str = "USD", multiplier: Decimal = ONE) -> Instrument:
    """A contract for difference under the venue-neutral symbol."""
    return Instrument(AssetClass.CFD, symbol.upper(), currency, multiplier)


def cash(currency: str) -> Instrument:
    """A currency held as an instrument, where a venue lists it among positions."""
    return Instrument(AssetClass.CASH, currency.upper(), currency.upper())
