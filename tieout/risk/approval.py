"""Which orders wait for a person, and the numbers that the person should see."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from tieout.orders import Order
from tieout.risk.checks.common import money
from tieout.risk.checks.exposure import gross_after
from tieout.risk.effect import MissingFactError, exposure, notional, opened, parts, units_after
from tieout.risk.types import RiskContext

_ROOM = Context(prec=200, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class ApprovalNeed:
    """A person must say yes.

    why            one sentence
    two_persons    the approver must not be the proposer
    """

    why: str
    two_persons: bool


def approval_need(order: Order, context: RiskContext) -> ApprovalNeed | None:
    """Whether the order waits for a person; None where it may go. One whose worth is unknown waits."""
    limits = context.limits
    if limits.approve_all:
        return ApprovalNeed("every order of this account waits for approval", limits.two_persons)
    if limits.approve_above is None:
        return None
    try:
        with localcontext(_ROOM):
            worth = notional(order, context)
    except MissingFactError as missing:
        return ApprovalNeed(f"its worth is not known: {missing}", limits.two_persons)
    if worth <= limits.approve_above:
        return None
    why = f"it is worth {money(worth)}, orders above {money(limits.approve_above)} wait for approval"
    return ApprovalNeed(why, limits.two_persons)


def risk_numbers(order: Order, context: RiskContext) -> dict[str, Decimal]:
    """What the order would change, for the evidence page: base currency, signed units. What is unknown is left out."""
    found: dict[str, Decimal] = {}
    with localcontext(_ROOM):
        for name, number in _NUMBERS.items():
            try:
                found[name] = number(order, context)
            except MissingFactError:
                continue
        for part in parts(order, context):
            symbol = part.instrument.symbol
            found[f"held {symbol}"] = context.held(symbol)
            found[f"at most {symbol}"] = units_after(part, order, context)
        if context.equity:
            found |= {f"{name} / equity": found[name] / context.equity for name in _NUMBERS if name in found}
    return found


_NUMBERS = {
    "worth": notional,
    "opened": opened,
    "gross before": lambda _, context: exposure(context, context.holdings.values(), context.reservations),
    "gross after": gross_after,
}
