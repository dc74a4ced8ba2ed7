"""The picture of an expiring position: what it is worth at expiration over the price, and where it pins."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup

from tasks.report.charts import payoff
from tieout.money import ZERO
from tieout.options.deliverable import exercise_money, gain
from tieout.options.forecast import PositionForecast
from tieout.options.likelihood import Bands

_REACH = Decimal("0.15")  # of the strike, to both sides at least
_CENT = Decimal("0.01")


def picture(one: PositionForecast, bands: Bands) -> Markup:
    """Worth of the position at expiration, currency, over the price of one unit of what it delivers."""
    contract = one.contract
    strike = exercise_money(contract) / contract.multiplier
    price = None if one.stands is None else one.stands.worth / contract.multiplier
    reach = max(_REACH * strike, abs((price or strike) - strike) * Decimal("1.2"))
    points = [(at, _worth(one, at)) for at in (max(strike - reach, ZERO), strike, strike + reach)]
    room = strike * (bands.closed if one.stands is not None and one.stands.official else bands.pin)
    room *= Decimal(one.sessions_left + 1).sqrt()
    marks = [("strike", strike.normalize())]
    if price is not None:
        marks.append(("price", price.quantize(_CENT).normalize()))
    band = ((strike - room).quantize(_CENT), (strike + room).quantize(_CENT))
    return payoff(f"{contract.symbol}: worth at expiration", points, marks, band, contract.currency)


def _worth(one: PositionForecast, price: Decimal) -> Decimal:
    worth = gain(one.contract, price * one.contract.multiplier)
    return one.contracts * max(worth, ZERO)
