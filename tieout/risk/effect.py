"""What an order would do to an account if all of it traded: how much it closes, opens, costs and exposes.

What other orders may still trade counts as traded, to the worse side: two sales cannot both close one position.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from tieout.instruments import ONE, AssetClass, Instrument
from tieout.money import ZERO
from tieout.options.osi import OptionRight
from tieout.orders import Order, OrderType, Side
from tieout.risk.codes import DenialCode
from tieout.risk.types import Denial, Holding, Market, Reservation, RiskContext

PRICED_BY_LIMIT = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})


class MissingFactError(Exception):
    """Something a rule must know is not known. `assess` turns it into its denial; it never leaves tieout/risk."""

    def __init__(self, code: DenialCode, words: str) -> None:
        super().__init__(words)
        self.denial = Denial(code, words)


@dataclass(frozen=True, slots=True)
class Part:
    """One instrument's part of an order; a plain order has one, a multi-leg order one for each leg.

    quantity    units, above zero
    closes      of these, units that surely shrink the position
    opens       the rest
    """

    instrument: Instrument
    side: Side
    quantity: Decimal
    closes: Decimal

    @property
    def opens(self) -> Decimal:
        return self.quantity - self.closes


def parts(order: Order, context: RiskContext) -> tuple[Part, ...]:
    """The order by instrument."""
    if not order.legs:
        return (_part(order.instrument, order.side, order.quantity, order, context),)
    return tuple(_part(leg.instrument, leg.side, order.quantity * leg.ratio, order, context) for leg in order.legs)


def only_reduces(order: Order, context: RiskContext) -> bool:
    """Whether the order can do nothing but shrink positions, none of them across zero."""
    return all(part.opens == 0 for part in parts(order, context))


def others(order: Order, context: RiskContext) -> Iterator[Reservation]:
    """Reservations of all orders but this one, which may be written down already."""
    return (one for one in context.reservations if one.key != order.client_order_id)


def _part(instrument: Instrument, side: Side, quantity: Decimal, order: Order, context: RiskContext) -> Part:
    against = max(-context.held(instrument.symbol) * side.sign, ZERO)
    free = max(against - reserved_units(order, context, instrument.symbol, side), ZERO)
    return Part(instrument, side, quantity, min(quantity, free))


def reserved_units(order: Order, context: RiskContext, symbol: str, side: Side) -> Decimal:
    """Units that other orders may still trade on that side."""
    same = (one for one in others(order, context) if one.instrument.symbol == symbol and one.side is side)
    return sum((one.quantity for one in same), ZERO)


def units_after(part: Part, order: Order, context: RiskContext) -> Decimal:
    """Size of the position, at least zero, once the order and all others on its side have traded."""
    reserved = reserved_units(order, context, part.instrument.symbol, part.side)
    return abs(context.held(part.instrument.symbol) + part.side.sign * (reserved + part.quantity))


# Prices and money


def market_of(instrument: Instrument, context: RiskContext) -> Market:
    """The instrument's quote.

    raises    MissingFactError where there is none, or it is older than `max_quote_age_s` or from the future
    """
    market = context.markets.get(instrument.symbol)
    if market is None or market.seen_at is None:
        raise MissingFactError(DenialCode.NO_QUOTE, f"there is no quote of {instrument.symbol}")
    age = context.now - market.seen_at
    most = timedelta(seconds=context.limits.max_quote_age_s)
    if age > most or -age > most:
        seconds = f"{age.total_seconds():.0f} s old, {most.total_seconds():.0f} s is the most"
        words = f"the quote of {instrument.symbol} is {seconds}"
        raise MissingFactError(DenialCode.STALE_QUOTE, words)
    return market


def market_price(instrument: Instrument, side: Side, context: RiskContext) -> Decimal:
    """What the market asks of a buyer, or gives a seller; the last price where that side has no quote.

    raises    MissingFactError where neither is known or above zero
    """
    market = market_of(instrument, context)
    quoted = market.ask if side is Side.BUY else market.bid
    for price in (quoted, market.last):
        if price is not None and price > 0:
            return price
    raise MissingFactError(DenialCode.NO_QUOTE, f"{instrument.symbol} has no {side} price and no last price")


def price_of(part: Part, order: Order, context: RiskContext) -> Decimal:
    """Currency per unit at which the part is weighed: a buyer's limit; for a seller the higher of limit and market.

    A stop buys at its stop price or above. Without a limit it is the market's side that is asked of a buyer, also for a
    sale that opens: what is owed is bought back there.
    """
    if order.legs:
        return market_price(part.instrument, Side.BUY, context)
    limit = order.limit_price if order.order_type in PRICED_BY_LIMIT else None
    if limit is not None and part.side is Side.BUY:
        return limit
    market = market_price(part.instrument, Side.BUY, context)
    known = (market, limit, order.stop_price if order.order_type is OrderType.STOP else None)
    return max(one for one in known if one is not None)


def rate(currency: str, context: RiskContext) -> Decimal:
    """Base currency per unit of a currency.

    raises    MissingFactError where it is not known
    """
    if currency == context.account.base_currency:
        return ONE
    if currency not in context.rates:
        words = f"the rate of {currency} to {context.account.base_currency} is not known"
        raise MissingFactError(DenialCode.NO_RATE, words)
    return context.rates[currency]


def exposure_per_unit(part: Part, order: Order, context: RiskContext) -> Decimal:
    """Base currency that one unit puts at stake: its price, or the strike where an option is written."""
    instrument = part.instrument
    price = price_of(part, order, context)
    if instrument.asset_class is AssetClass.OPTION and part.side is Side.SELL and instrument.strike is not None:
        price = max(price, instrument.strike)
    return instrument.value(ONE, price) * rate(instrument.currency, context)


def opened(order: Order, context: RiskContext) -> Decimal:
    """Exposure that the order adds, base currency, zero or above."""
    return sum(
        (part.opens * exposure_per_unit(part, order, context) for part in parts(order, context) if part.opens), ZERO
    )


def notional(order: Order, context: RiskContext) -> Decimal:
    """Worth of the whole order, base currency, what it closes included."""
    return sum((part.quantity * exposure_per_unit(part, order, context) for part in parts(order, context)), ZERO)


def cash_needed(order: Order, context: RiskContext) -> Decimal:
    """Cash to set aside for what the order opens, base currency: with a buffer where its price is not bound.

    A combination of options that can lose only so much needs that; see `worst_loss`.
    """
    if order.legs and (loss := worst_loss(order, context)) is not None:
        return loss
    bound = order.order_type in PRICED_BY_LIMIT and not order.legs
    return opened(order, context) * (ONE if bound else ONE + context.limits.market_buffer_pct)


def worst_loss(order: Order, context: RiskContext) -> Decimal | None:
    """The most that options of one underlying and one expiration can lose together, net price included, base currency.

    None where the loss has no bound, legs of other kinds or dates are among them, or no net limit is given. What they
    are worth at expiration changes its slope only at the strikes, so it is least at zero, at one of them or, where it
    keeps falling, nowhere.
    """
    options = [leg.instrument for leg in order.legs]
    alike = {(one.underlying, one.expiration, one.multiplier, one.currency) for one in options}
    if len(alike) != 1 or order.limit_price is None or any(one.strike is None for one in options):
        return None
    calls = sum(leg.side.sign * leg.ratio for leg in order.legs if leg.instrument.option_right is OptionRight.CALL)
    if calls < 0:
        return None
    strikes = [one.strike for one in options if one.strike is not None]
    least = min(_worth_at(order, spot) for spot in (ZERO, *strikes))
    unit = max(order.side.sign * order.limit_price - least, ZERO)
    return unit * order.quantity * options[0].multiplier * rate(options[0].currency, context)


def _worth_at(order: Order, spot: Decimal) -> Decimal:
    """Signed worth at expiration of one unit of the legs, per unit of underlying."""
    total = ZERO
    for leg in order.legs:
        strike = leg.instrument.strike or ZERO
        ahead = spot - strike if leg.instrument.option_right is OptionRight.CALL else strike - spot
        total += leg.side.sign * leg.ratio * max(ahead, ZERO)
    return total


# The account


def holding_exposure(holding: Holding, context: RiskContext) -> Decimal:
    """What a position puts at stake, base currency, zero or above; a written option its strike.

    raises    MissingFactError where it has no value
    """
    if holding.quantity == 0:
        return ZERO
    if holding.market_value is None:
        raise MissingFactError(DenialCode.NO_VALUE, f"the position in {holding.instrument.symbol} has no value")
    instrument, worth = holding.instrument, abs(holding.market_value)
    if instrument.asset_class is AssetClass.OPTION and holding.quantity < 0 and instrument.strike is not None:
        worth = max(worth, abs(holding.quantity) * instrument.strike * instrument.multiplier)
    return worth * rate(instrument.currency, context)


def exposure(context: RiskContext, holdings: Iterable[Holding], kept: Iterable[Reservation]) -> Decimal:
    """Base currency at stake in those positions and in what those reservations may still open."""
    held = sum((holding_exposure(one, context) for one in holdings), ZERO)
    return held + sum((one.money for one in kept), ZERO)


def equity_of(context: RiskContext) -> Decimal:
    """Equity of the account, above zero.

    raises    MissingFactError where it is not known or nothing is left
    """
    if context.equity is None:
        raise MissingFactError(DenialCode.NO_EQUITY, "the equity of the account is not known")
    if context.equity <= 0:
        raise MissingFactError(DenialCode.NO_EQUITY, f"the account has no equity left: {context.equity}")
    return context.equity
