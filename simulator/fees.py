"""What coin exchanges charge at their lowest tier, as dated rows: a rate holds from its date until the next one.

Accounts read their own rates from the venue; these are what the simulated venues charge. Sources are the venues' public
fee pages and recorded answers as of early 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tieout.errors import NotTradable
from tieout.instruments import Instrument


class Product(StrEnum):
    """What a venue prices differently."""

    SPOT = "spot"
    LINEAR = "linear"
    INVERSE = "inverse"


@dataclass(frozen=True, slots=True)
class FeeRow:
    """One line of a venue's schedule.

    maker, taker   part of the traded value, 0.001 for ten basis points
    """

    venue: str
    product: Product
    since: date
    maker: Decimal
    taker: Decimal


def _row(venue: str, product: Product, since: date, maker: str, taker: str) -> FeeRow:
    return FeeRow(venue, product, since, Decimal(maker), Decimal(taker))


FEES = (
    _row("binance", Product.SPOT, date(2019, 1, 1), "0.001", "0.001"),
    _row("binance", Product.LINEAR, date(2019, 9, 1), "0.0002", "0.0004"),
    _row("binance", Product.LINEAR, date(2023, 11, 1), "0.0002", "0.0005"),
    _row("binance", Product.INVERSE, date(2020, 8, 1), "0.0001", "0.0005"),
    _row("bybit", Product.SPOT, date(2021, 7, 1), "0.001", "0.001"),
    _row("bybit", Product.LINEAR, date(2022, 9, 1), "0.0002", "0.00055"),
    _row("bybit", Product.INVERSE, date(2022, 9, 1), "0.0002", "0.00055"),
    _row("okx", Product.SPOT, date(2021, 1, 1), "0.0008", "0.001"),
    _row("okx", Product.LINEAR, date(2021, 1, 1), "0.0002", "0.0005"),
    _row("okx", Product.INVERSE, date(2021, 1, 1), "0.0002", "0.0005"),
    _row("kraken", Product.SPOT, date(2020, 1, 1), "0.0016", "0.0026"),
    _row("kraken", Product.SPOT, date(2023, 11, 1), "0.0025", "0.004"),
    _row("kraken", Product.LINEAR, date(2020, 1, 1), "0.0002", "0.0005"),
    _row("kraken", Product.INVERSE, date(2020, 1, 1), "0.0002", "0.0005"),
    _row("kucoin", Product.SPOT, date(2019, 1, 1), "0.001", "0.001"),
    _row("kucoin", Product.LINEAR, date(2019, 7, 1), "0.0002", "0.0006"),
    _row("kucoin", Product.INVERSE, date(2019, 7, 1), "0.0002", "0.0006"),
    _row("coinbase", Product.SPOT, date(2022, 11, 1), "0.006", "0.012"),
    _row("cryptocom", Product.SPOT, date(2023, 1, 1), "0.0025", "0.005"),
    _row("cryptocom", Product.LINEAR, date(2023, 1, 1), "0.0002", "0.0005"),
)


def product_of(instrument: Instrument) -> Product:
    """Under which heading a venue charges for an instrument."""
    if not instrument.is_margined:
        return Product.SPOT
    return Product.INVERSE if instrument.is_inverse else Product.LINEAR


def fee_row(venue: str, instrument: Instrument, on: date) -> FeeRow:
    """The rates in force on a day; NotTradable where the venue had none for such an instrument."""
    product = product_of(instrument)
    known = [row for row in FEES if row.venue == venue and row.product is product and row.since <= on]
    if not known:
        raise NotTradable("simulator", f"{venue} charged nothing for {product} on {on}: {instrument.symbol}")
    return max(known, key=lambda row: row.since)
