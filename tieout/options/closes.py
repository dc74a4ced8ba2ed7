"""Which price decides over exercise: the official one where it is known, and how far the sources agree on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tieout.errors import DataError

_AGREED = Decimal("0.005")  # currency per unit: half a cent, for sources round differently


@dataclass(frozen=True, slots=True)
class Spot:
    """What one unit of an underlying is worth.

    low, high    currency per unit; apart where two sources state different official closes
    official     the price that decides, and no more one of the day
    source       who says so
    """

    low: Decimal
    high: Decimal
    official: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError(f"a price lies between zero and its own high: {self.low}, {self.high}")

    @property
    def price(self) -> Decimal:
        """The middle of what is said."""
        return (self.low + self.high) / 2

    @property
    def disputed(self) -> bool:
        """Whether two sources state different closes."""
        return self.high - self.low > _AGREED


def traded(price: Decimal, source: str = "") -> Spot:
    """A price of the day: it forecasts, and decides nothing."""
    return Spot(price, price, source=source)


def official_close(stated: Mapping[str, Decimal | None]) -> Spot | None:
    """The official close from what each source states; None where none does yet.

    stated    source -> currency per unit; None from a source that is late
    raises    DataError for a price that is none
    """
    known = {source: price for source, price in stated.items() if price is not None}
    if any(not price.is_finite() or price < 0 for price in known.values()):
        raise DataError(f"an official close is a number from zero up, got {known}")
    if not known:
        return None
    source = ", ".join(f"{name} {price}" for name, price in sorted(known.items()))
    return Spot(min(known.values()), max(known.values()), official=True, source=source)


def low_prices(spots: Mapping[str, Spot]) -> dict[str, Decimal]:
    """The lowest that is said of each."""
    return {symbol: spot.low for symbol, spot in spots.items()}


def high_prices(spots: Mapping[str, Spot]) -> dict[str, Decimal]:
    """The highest that is said of each."""
    return {symbol: spot.high for symbol, spot in spots.items()}


def all_official(spots: Mapping[str, Spot], symbols: Iterable[str]) -> bool:
    """Whether the deciding price of each is known."""
    return all(symbol in spots and spots[symbol].official for symbol in symbols)
