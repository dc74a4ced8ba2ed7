"""Whether the venue trades the thing at all, in such portions."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tieout.instruments import ONE, AssetClass, Instrument
from tieout.orders import Order, TimeInForce
from tieout.risk.checks.common import money, rule, units
from tieout.risk.codes import DenialCode
from tieout.risk.effect import MissingFactError, Part, notional, only_reduces, parts, rate
from tieout.risk.types import Denial, InstrumentFacts, RiskContext

_DOLLAR_TICK, _PENNY = Decimal("0.0001"), Decimal("0.01")


@rule(DenialCode.UNKNOWN_INSTRUMENT)
def symbol_exists(order: Order, context: RiskContext) -> Denial | None:
    """The venue knows the symbol."""
    unknown = [one.symbol for one in _instruments(order) if one.symbol not in context.facts]
    if not unknown:
        return None
    return Denial(DenialCode.UNKNOWN_INSTRUMENT, f"{context.venue.broker} knows no {', '.join(unknown)}")


@rule(DenialCode.NOT_TRADABLE, DenialCode.EXPIRED_INSTRUMENT)
def tradable(order: Order, context: RiskContext) -> Denial | None:
    """The venue trades it, and it has not expired."""
    for one in _instruments(order):
        facts = context.facts.get(one.symbol)
        if one.asset_class not in context.venue.asset_classes:
            return Denial(DenialCode.NOT_TRADABLE, f"{context.venue.broker} trades no {one.asset_class}")
        if facts is not None and not facts.tradable:
            return Denial(DenialCode.NOT_TRADABLE, f"{one.symbol} is not tradable at {context.venue.broker}")
        if one.expiration is not None and one.expiration < context.now.date():
            return Denial(DenialCode.EXPIRED_INSTRUMENT, f"{one.symbol} expired on {one.expiration}")
    return None


@rule(DenialCode.FRACTIONAL, form=True)
def fractional(order: Order, context: RiskContext) -> Denial | None:
    """Parts of a unit only where the venue and the instrument allow them, with the time in force they need."""
    venue = context.venue
    for part, facts in _parts_with_facts(order, context):
        kind, symbol = part.instrument.asset_class, part.instrument.symbol
        if part.quantity == part.quantity.to_integral_value():
            continue
        if kind not in venue.fractional or not facts.fractionable:
            words = f"{symbol} trades in whole units at {venue.broker}, not {units(part.quantity)}"
            return Denial(DenialCode.FRACTIONAL, words, {"quantity": part.quantity})
        if kind in venue.fractional_day_only and order.time_in_force is not TimeInForce.DAY:
            words = f"part of a unit of {symbol} needs a day order, not {order.time_in_force}"
            return Denial(DenialCode.FRACTIONAL, words, {"quantity": part.quantity})
    return None


@rule(DenialCode.LOT, form=True)
def lot(order: Order, context: RiskContext) -> Denial | None:
    """The quantity is a whole number of lots."""
    for part, facts in _parts_with_facts(order, context):
        if facts.lot is not None and part.quantity % facts.lot != 0:
            words = f"{units(part.quantity)} of {part.instrument.symbol} is no multiple of its lot {units(facts.lot)}"
            return Denial(DenialCode.LOT, words, {"quantity": part.quantity, "lot": facts.lot})
    return None


@rule(DenialCode.TICK, form=True)
def tick(order: Order, context: RiskContext) -> Denial | None:
    """Every price is a whole number of ticks."""
    facts = context.facts.get(order.instrument.symbol)
    if facts is None or order.legs:  # the net price of a combination has a tick of its own, which the venue knows
        return None
    for name in ("limit_price", "stop_price", "take_profit", "stop_loss"):
        price = getattr(order, name)
        if price is None:
            continue
        step = _tick(facts, price)
        if price % step != 0:
            words = f"{name} {units(price)} of {order.instrument.symbol} is no multiple of its tick {units(step)}"
            return Denial(DenialCode.TICK, words, {name: price, "tick": step})
    return None


@rule(DenialCode.MIN_NOTIONAL, form=True)
def min_notional(order: Order, context: RiskContext) -> Denial | None:
    """An order that opens something is worth what the venue asks for at least."""
    facts = context.facts.get(order.instrument.symbol)
    if facts is None or facts.min_notional <= 0 or only_reduces(order, context):
        return None
    worth, least = notional(order, context), facts.min_notional * rate(order.instrument.currency, context)
    if worth >= least:
        return None
    words = f"the order is worth {money(worth)}, {context.venue.broker} takes {money(least)} and more"
    return Denial(DenialCode.MIN_NOTIONAL, words, {"notional": worth, "least": least})


def _instruments(order: Order) -> list[Instrument]:
    return [leg.instrument for leg in order.legs] or [order.instrument]


def _parts_with_facts(order: Order, context: RiskContext) -> Iterator[tuple[Part, InstrumentFacts]]:
    for part in parts(order, context):
        if (facts := context.facts.get(part.instrument.symbol)) is not None:
            yield part, facts


def _tick(facts: InstrumentFacts, price: Decimal) -> Decimal:
    """The venue's own tick; for shares the least that 17 CFR 242.612 lets a venue take, for options one cent.

    A cent from one dollar up, a hundredth of a cent below: https://www.ecfr.gov/current/title-17/section-242.612
    """
    if facts.tick is not None:
        return facts.tick
    kind = facts.instrument.asset_class
    if kind in (AssetClass.EQUITY, AssetClass.FUND) and facts.instrument.currency == "USD":
        return _PENNY if price >= ONE else _DOLLAR_TICK
    if kind is AssetClass.OPTION and facts.instrument.currency == "USD":
        return _PENNY
    raise MissingFactError(DenialCode.NO_TICK, f"the tick of {facts.instrument.symbol} is not known")
