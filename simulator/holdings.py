"""Positions and cash inside one simulated account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from tieout.instruments import Instrument
from tieout.money import SCALE, ZERO

_COST_STEP = Decimal(1).scaleb(-SCALE)
_AVERAGE_STEP = Decimal("0.000000001")


@dataclass(frozen=True, slots=True)
class Holding:
    """Signed units of one instrument and what they cost.

    cost    signed like the quantity: units × price per unit of underlying, multiplier and fees left out. Of an inverse
            contract it is in coin, −units ÷ price, so that a long gains as the price rises
    """

    instrument: Instrument
    quantity: Decimal = ZERO
    cost: Decimal = ZERO

    @property
    def average(self) -> Decimal:
        """Average entry price, currency per unit of underlying."""
        if self.instrument.is_inverse:
            return (-self.quantity / self.cost).quantize(_AVERAGE_STEP, ROUND_HALF_EVEN) if self.cost else ZERO
        return (self.cost / self.quantity).quantize(_AVERAGE_STEP, ROUND_HALF_EVEN) if self.quantity else ZERO

    @property
    def cost_basis(self) -> Decimal:
        """Signed money paid for what is held, fees left out."""
        return self.cost * self.instrument.multiplier

    def moved(self, quantity: Decimal, price: Decimal) -> Holding:
        """After a signed change of units: more of the same adds at `price`, less keeps the average."""
        units = self.quantity + quantity
        if self.quantity * quantity >= 0:
            return replace(self, quantity=units, cost=self.cost + self.worth(quantity, price))
        if units * self.quantity <= 0:  # closed, or turned over: what is left was entered at this price
            return replace(self, quantity=units, cost=self.worth(units, price))
        kept = (self.cost * units / self.quantity).quantize(_COST_STEP, ROUND_HALF_EVEN)
        return replace(self, quantity=units, cost=kept)

    def worth(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Signed units at a price, in what profit is paid in; the multiplier left out."""
        if not self.instrument.is_inverse:
            return quantity * price
        return (-quantity / price).quantize(_COST_STEP, ROUND_HALF_EVEN)

    def profit(self, price: Decimal) -> Decimal:
        """What closing everything at a price would pay, in what profit is paid in."""
        return (self.worth(self.quantity, price) - self.cost) * self.instrument.multiplier


@dataclass(frozen=True, slots=True)
class Pending:
    """Money agreed but not paid yet; signed."""

    currency: str
    amount: Decimal
    settles_on: date


class Cash:
    """Money by currency as agreed (trade date), and the part of it that is still to settle."""

    def __init__(self) -> None:
        self._traded: dict[str, Decimal] = {}
        self._pending: list[Pending] = []

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency that ever moved, in order of appearance."""
        return tuple(self._traded)

    @property
    def pending(self) -> tuple[Pending, ...]:
        """What is still to settle, in order of agreement."""
        return tuple(self._pending)

    def post(self, currency: str, amount: Decimal, settles_on: date, today: date) -> None:
        """Money agreed on `today` and paid on `settles_on`."""
        self._traded[currency] = self.traded(currency) + amount
        if settles_on > today and amount:
            self._pending.append(Pending(currency, amount, settles_on))

    def settle(self, through: date) -> tuple[Pending, ...]:
        """Pay all that is due up to and with `through`; what was paid."""
        due = tuple(one for one in self._pending if one.settles_on <= through)
        self._pending = [one for one in self._pending if one.settles_on > through]
        return due

    def traded(self, currency: str) -> Decimal:
        """Trade-date balance: everything agreed."""
        return self._traded.get(currency, ZERO)

    def settled(self, currency: str) -> Decimal:
        """What has been paid."""
        return self.traded(currency) - sum((p.amount for p in self._pending if p.currency == currency), ZERO)
