"""What a profile makes of a match: how much of an order trades at a tick, and at what price."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal

from simulator.market import Listing, MarketQuote
from simulator.matching import Fill, marketable, match
from simulator.orders import WorkingOrder
from simulator.profiles import Profile
from tieout.money import ZERO
from tieout.orders import OrderType, Side, TimeInForce

_MINUTES_A_DAY = 1440
_DAYS_A_YEAR = 365
_UNIT = Decimal("0.00000001")
_DISPLAYED = Decimal("0.25")  # of the minute's volume, where the listing states no depth


@dataclass(frozen=True, slots=True)
class Traded:
    """A fill, and by which part of the price it moved the market, above zero for a purchase."""

    fill: Fill
    pressure: Decimal = ZERO


def fill_of(
    profile: Profile, working: WorkingOrder, quote: MarketQuote, listing: Listing, *, resting: bool
) -> Traded | None:
    """What a quote gives an order under a profile. Notes its place in the queue."""
    found = match(working, quote, listing.depth, resting=resting)
    if found is None or not found.maker:
        _join_queue(profile, working, listing, quote)
    if found is None:
        return None
    return _made(profile, working, found, quote, listing) if found.maker else _taken(profile, working, found, listing)


def _join_queue(profile: Profile, working: WorkingOrder, listing: Listing, quote: MarketQuote) -> None:
    """A limit that rests gets its place: behind what is displayed there, between half and one and a half of it."""
    order = working.order
    if not profile.queues or working.ahead is not None or order.order_type is not OrderType.LIMIT:
        return
    shown = displayed(listing)
    touch = quote.ask if order.side is Side.BUY else quote.bid
    if shown is not None and not marketable(order, touch):
        working.ahead = shown * _drawn(profile, working, "joins", Decimal("0.5"), Decimal("1.5"))


def _made(profile: Profile, working: WorkingOrder, found: Fill, quote: MarketQuote, listing: Listing) -> Traded | None:
    """A resting limit trades at its own price, once it is its turn."""
    limit = working.order.limit_price or found.price
    if not profile.through and not profile.queues:
        return Traded(found)
    beyond = (limit - found.price) * working.order.side.sign >= listing.tick
    units = _largest(profile, found.quantity, listing)
    if not beyond:
        if profile.through or working.ahead is None:
            return None
        units = min(units, _turn(profile, working, quote, listing))
    return Traded(Fill(units, limit, maker=True)) if units > 0 else None


def _turn(profile: Profile, working: WorkingOrder, quote: MarketQuote, listing: Listing) -> Decimal:
    """Units that reach the order when this tick's volume has traded at its price; nothing while others are ahead."""
    volume = minute_volume(listing)
    if volume is None or working.ahead is None:
        return working.remaining
    working.ahead -= volume * _drawn(profile, working, quote.at.isoformat(), Decimal(0), Decimal(1))
    reached = max(-working.ahead, ZERO)
    working.ahead = max(working.ahead, ZERO)
    return _whole(min(reached, working.remaining), listing)


def _taken(profile: Profile, working: WorkingOrder, found: Fill, listing: Listing) -> Traded | None:
    """What an order takes from the market costs more the more it takes."""
    units, side = _largest(profile, found.quantity, listing), working.order.side
    price, pressure = _price(profile, units, found.price, side, listing)
    if not marketable(working.order, price):  # the limit allows what is displayed at the touch, and no more
        shown = displayed(listing)
        units = units if shown is None else min(units, _whole(shown, listing))
        price, pressure = found.price, ZERO
    if working.order.time_in_force is TimeInForce.FOK and units < working.remaining:
        return None
    return Traded(Fill(units, price, maker=False), pressure) if units > 0 else None


def _price(profile: Profile, units: Decimal, touch: Decimal, side: Side, listing: Listing) -> tuple[Decimal, Decimal]:
    """The price of taking units, a multiple of the tick, and the pressure that stays."""
    part = profile.slippage
    minute, day = minute_volume(listing), listing.daily_volume
    root = ZERO
    if minute is not None and day is not None:
        sigma = Decimal(repr(listing.volatility)) / Decimal(_DAYS_A_YEAR).sqrt()
        root = profile.impact * sigma * (units / day).sqrt()
        part += profile.participation * sigma * (units / minute) + root
    price = touch * (1 + side.sign * min(part, Decimal("0.5")))
    rounding = ROUND_CEILING if side is Side.BUY else ROUND_FLOOR
    steps = (price / listing.tick).to_integral_value(rounding)
    return max(steps * listing.tick, listing.tick), root * profile.keeps * side.sign


def displayed(listing: Listing) -> Decimal | None:
    """Units shown at the touch; None where nothing limits them."""
    if listing.depth is not None:
        return listing.depth
    minute = minute_volume(listing)
    return None if minute is None else minute * _DISPLAYED


def minute_volume(listing: Listing) -> Decimal | None:
    """Units that trade in a minute; None where the listing states no volume."""
    return None if listing.daily_volume is None else listing.daily_volume / _MINUTES_A_DAY


def _largest(profile: Profile, units: Decimal, listing: Listing) -> Decimal:
    volume = minute_volume(listing)
    if profile.largest_share is None or volume is None:
        return units
    return _whole(min(units, volume * profile.largest_share), listing)


def _whole(units: Decimal, listing: Listing) -> Decimal:
    return units.quantize(_UNIT if listing.fractionable else Decimal(1), ROUND_DOWN)


def _drawn(profile: Profile, working: WorkingOrder, what: str, low: Decimal, high: Decimal) -> Decimal:
    name = f"{profile.seed}:{working.order.client_order_id}:{what}"
    return low + (high - low) * Decimal(repr(round(random.Random(name).random(), 6)))
