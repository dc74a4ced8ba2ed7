"""From a signal to an intent: how many units of what, sent how. Pure.

A signal that cannot become an order is refused with the reason; what it leaves open is filled in by the window and by
the settings' sizing, never by a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from tieout.errors import DataError
from tieout.ids import AccountId
from tieout.instruments import ONE
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderState, Side
from tieout.placement import Placement
from tieout.risk.sizing import SizingFacts, size, whole_lots
from tieout.risk.types import InstrumentFacts, Market, RiskContext
from tieout.signals.types import Signal
from tieout.window_plan import WindowRun
from tieout.windows import Window

SMALLEST = Decimal("0.000000001")  # nine decimals, the finest any venue here takes for parts of a unit
_ROOM = 60


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a signal became no intent."""

    words: str


def decide(
    signal: Signal,
    account_id: AccountId,
    window: Window,
    work: WindowRun,
    context: RiskContext,
    routes: tuple[AccountId, ...],
    now: datetime,
) -> Placement | Refused:
    """The planned placement of a signal at one account.

    context    with the facts and the quote of the signal's instrument
    routes     accounts that may go on with the rest, in order
    now        UTC
    """
    if now >= signal.expires_at:
        return Refused(f"it expired at {signal.expires_at:%Y-%m-%d %H:%M:%S} UTC")
    try:
        quantity = _quantity(signal, context)
    except DataError as error:
        return Refused(f"it cannot be sized: {error}")
    if quantity <= 0:
        return Refused("not even one lot fits the size that it may have")
    key = intent_id(account_id, "signal", signal.signal_id)
    order = Order(
        order_id_of(key),
        signal.instrument,
        signal.side,
        quantity,
        signal.order_type,
        signal.time_in_force or window.time_in_force,
        signal.limit_price,
        signal.stop_price,
        signal.extended_hours,
        signal.trail_amount,
        signal.trail_percent,
        signal.take_profit,
        signal.stop_loss,
    )
    intent = Intent(
        key,
        account_id,
        order,
        work.business_date,
        now,
        signal_id=signal.signal_id,
        routes=routes,
        arrival_price=middle(context.markets.get(signal.instrument.symbol)),
        valid_until=min(signal.expires_at, work.ends),
        proposer=signal.strategy,
        window=window.name,
    )
    return Placement(intent, OrderState.PLANNED)


def middle(market: Market | None) -> Decimal | None:
    """The middle of bid and ask; the one side that there is; the last price."""
    if market is None:
        return None
    sides = [price for price in (market.bid, market.ask) if price is not None and price > 0]
    return sum(sides, Decimal(0)) / len(sides) if sides else market.last


def _quantity(signal: Signal, context: RiskContext) -> Decimal:
    if signal.quantity is not None:
        return signal.quantity
    facts = context.facts.get(signal.instrument.symbol)
    if facts is None:
        raise DataError(f"the venue does not know {signal.instrument.symbol}")
    lot, price = _lot(facts), _price(signal, context)
    if signal.notional is not None or signal.percent is not None:
        worth = signal.notional if signal.notional is not None else _share(signal, context)
        with localcontext(prec=_ROOM):
            return whole_lots(worth / (price * signal.instrument.multiplier), lot)
    return size(_sizing_facts(signal, context, price, lot), context.limits, signal.sizing)


def _share(signal: Signal, context: RiskContext) -> Decimal:
    """Instrument currency of the share of equity that a signal asks for."""
    if context.equity is None or signal.percent is None:
        raise DataError("the account's equity is not known")
    return context.equity * signal.percent / _rate(signal, context)


def _sizing_facts(signal: Signal, context: RiskContext, price: Decimal, lot: Decimal) -> SizingFacts:
    if context.equity is None:
        raise DataError("the account's equity is not known")
    return SizingFacts(
        signal.instrument,
        context.equity,
        price,
        rate=_rate(signal, context),
        lot=lot,
        stop=signal.stop_loss,
        atr=signal.atr,
        edge=signal.edge,
    )


def _rate(signal: Signal, context: RiskContext) -> Decimal:
    currency = signal.instrument.currency
    if currency not in context.rates:
        raise DataError(f"the rate of {currency} is not known")
    return context.rates[currency]


def _lot(facts: InstrumentFacts) -> Decimal:
    if facts.lot is not None:
        return facts.lot
    return SMALLEST if facts.fractionable else ONE


def _price(signal: Signal, context: RiskContext) -> Decimal:
    """What a unit is reckoned at: the limit where there is one, otherwise the side of the quote that it would take."""
    if signal.limit_price is not None:
        return signal.limit_price
    market = context.markets.get(signal.instrument.symbol)
    side = None if market is None else (market.ask if signal.side is Side.BUY else market.bid)
    price = side or (market.last if market else None)
    if price is None or price <= 0:
        raise DataError(f"there is no price of {signal.instrument.symbol}")
    return price
