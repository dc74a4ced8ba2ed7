"""What a rule is: a check with its codes and the settings that steer it, from which the docs are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tieout.money import plain
from tieout.orders import Order
from tieout.risk.codes import DenialCode
from tieout.risk.effect import MissingFactError
from tieout.risk.types import Denial, RiskContext

Check = Callable[[Order, RiskContext], Denial | None]
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Rule:
    """One worry about an order. Called as `rule(order, context)`; raises nothing for usable numbers.

    codes      what it denies with; where a fact is missing, that fact's own code
    settings   fields of Limits that it obeys
    form       whether it judges the order's form only, which VALIDATE_ORDERS = false leaves to the venue
    """

    name: str
    check: Check
    codes: tuple[DenialCode, ...]
    settings: tuple[str, ...]
    form: bool

    @property
    def says(self) -> str:
        """What it demands, in one sentence: the first line of the check's docstring."""
        return (self.check.__doc__ or "").strip().splitlines()[0]

    def __call__(self, order: Order, context: RiskContext) -> Denial | None:
        try:
            return self.check(order, context)
        except MissingFactError as missing:
            return missing.denial


def rule(*codes: DenialCode, settings: tuple[str, ...] = (), form: bool = False) -> Callable[[Check], Rule]:
    """Make a check a rule."""

    def make(check: Check) -> Rule:
        return Rule(check.__name__, check, codes, settings, form)

    return make


def money(amount: Decimal) -> str:
    """An amount for a sentence, to the cent."""
    return f"{amount.quantize(_CENT):,f}"


def units(quantity: Decimal) -> str:
    """A quantity for a sentence."""
    return plain(quantity)


def share(fraction: Decimal) -> str:
    """A fraction for a sentence."""
    return f"{fraction:.2%}"
