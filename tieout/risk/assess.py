"""Judge an order: every rule is asked, every denial is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from tieout.instruments import Instrument
from tieout.orders import Order
from tieout.risk.checks import RULES
from tieout.risk.codes import DenialCode
from tieout.risk.types import Denial, RiskContext, is_usable

_ROOM = Context(prec=200, rounding=ROUND_HALF_EVEN)  # the widest product of usable numbers, to the last digit


def assess(order: Order, context: RiskContext) -> tuple[Denial, ...]:
    """Why the order must not be sent; empty where it may. Never raises.

    With VALIDATE_ORDERS = false the rules of form are left to the venue; those of money, loss and state always hold.
    A fact that several rules miss is told once. An order with a NaN or an absurd number is told nothing else.
    """
    if bad := tuple(_bad_numbers(order)):
        return bad
    rules = [one for one in RULES if context.limits.validate_orders or not one.form]
    with localcontext(_ROOM):
        found = [denial for one in rules if (denial := one(order, context)) is not None]
    return tuple({denial.code: denial for denial in reversed(found)}.values())[::-1]


def _bad_numbers(order: Order) -> Iterator[Denial]:
    told: tuple[Order | Instrument, ...] = (order, order.instrument, *(leg.instrument for leg in order.legs))
    for one in told:
        for name in (field.name for field in fields(one)):
            value = getattr(one, name)
            if isinstance(value, Decimal) and not is_usable(value):
                yield Denial(DenialCode.BAD_NUMBER, f"{name} is no usable number: {value}")
                return
