"""Funding of perpetuals: every eight hours one side of each contract pays the other for its price being off the index.

    payment = −units × mark × rate               linear, in the quote currency
    payment = −units ÷ mark × rate               inverse, in the coin

Above zero it is received. With a positive rate longs pay shorts. Sources: the venues' contract specifications; a base
rate of 0.01 % and a cap of 0.75 % for eight hours are those of Binance and Bybit for their largest contracts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from tieout.hedge import contract_key
from tieout.instruments import AssetClass, Instrument

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SATOSHI = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Funding:
    """When and at which rate contracts pay.

    every       between two payments, counted from midnight UTC
    base        rate of a quiet market
    spread      standard deviation of what is drawn on top of it; zero for the base rate alone
    cap         beyond which no rate goes
    scripted    (contract key, moment) to a rate that holds instead
    """

    every: timedelta = timedelta(hours=8)
    base: Decimal = Decimal("0.0001")
    spread: Decimal = Decimal(0)
    cap: Decimal = Decimal("0.0075")
    seed: int = 0
    scripted: Mapping[tuple[str, datetime], Decimal] = field(default_factory=dict)

    def moments(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Payments inside (after, until], in order."""
        moment = _EPOCH + ((after - _EPOCH) // self.every + 1) * self.every
        while moment <= until:
            yield moment
            moment += self.every

    def next(self, now: datetime) -> datetime:
        """The first payment after now."""
        return _EPOCH + ((now - _EPOCH) // self.every + 1) * self.every

    def rate(self, contract: Instrument, moment: datetime) -> Decimal:
        """Of one contract at one payment, as a part; the same whenever it is asked."""
        key = contract_key(contract.symbol)
        if (told := self.scripted.get((key, moment))) is not None:
            return told
        drawn = Decimal(repr(round(random.Random(f"{self.seed}:{key}:{moment}").gauss(0, 1), 4)))
        rate = self.base + drawn * self.spread
        return max(-self.cap, min(self.cap, rate)).quantize(_SATOSHI, ROUND_HALF_EVEN)


def funded(instrument: Instrument) -> bool:
    """Whether an instrument pays funding."""
    return instrument.asset_class is AssetClass.PERPETUAL


def payment(contract: Instrument, units: Decimal, mark: Decimal, rate: Decimal) -> Decimal:
    """What a holder of signed units receives, below zero where he pays; in what the contract pays in, eight digits."""
    worth = units * contract.multiplier
    worth = worth / mark if contract.is_inverse else worth * mark
    return (-worth * rate).quantize(_SATOSHI, ROUND_HALF_EVEN)
