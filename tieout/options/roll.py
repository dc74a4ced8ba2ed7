"""Rolling: a closing leg, and an opening leg of the same strike later, as one order or as two. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tieout.instruments import Instrument, equity, option
from tieout.options.osi import OsiSymbol, parse_osi
from tieout.options.products import product_of
from tieout.options.wheel import monthly_after
from tieout.orders import OrderLeg, Side
from tieout.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Part:
    """One order of a roll, before it has a price.

    closes    whether it closes the position, alone or as one of its legs
    """

    instrument: Instrument
    side: Side
    legs: tuple[OrderLeg, ...] = ()
    closes: bool = True


def rolled(contract: Instrument, sessions: Sessions) -> Instrument | None:
    """The same right and strike at the first monthly expiration three weeks after its own; None for adjusted ones."""
    known = parse_osi(contract.symbol)
    if known.is_adjusted:
        return None
    later = OsiSymbol(known.root, monthly_after(known.expiration, sessions), known.right, known.strike)
    return option(later.padded, contract.currency)


def roll_orders(contract: Instrument, held: Decimal, target: Instrument, *, multi_leg: bool) -> tuple[Part, ...]:
    """The order or orders of a roll: of two legs where the venue takes that, otherwise one for each leg.

    held    signed contracts
    """
    closing, opening = (Side.BUY, Side.SELL) if held < 0 else (Side.SELL, Side.BUY)
    if not multi_leg:
        return Part(contract, closing), Part(target, opening, closes=False)
    legs = (OrderLeg(contract, closing, opens=False), OrderLeg(target, opening, opens=True))
    return (Part(equity(product_of(contract).underlying, contract.currency), Side.BUY, legs),)


def net_price(legs: tuple[OrderLeg, ...], prices: dict[str, Decimal]) -> Decimal:
    """What one unit of the legs costs, per unit of underlying; below zero is a credit to us."""
    return sum((leg.side.sign * leg.ratio * prices[leg.instrument.symbol] for leg in legs), Decimal(0))
