"""How many units to trade. Every answer is rounded down to the lot, never up, and bounded by the largest position.

fixed fractional    lose a fixed share of equity when the stop is hit: equity × share ÷ (distance × multiplier), the
                    distance from price to stop. R. Vince, Portfolio Management Formulas (1990)
ATR                 the same with the stop a number of average true ranges away, so that a nervous instrument gets fewer
                    units. J. W. Wilder, New Concepts in Technical Trading Systems (1978), for the range; C. Faith, Way
                    of the Turtle (2007), for the units
fractional Kelly    a share of the bet that grows wealth fastest. Of a bet that wins b times what it loses with
                    probability p: p − (1 − p) ÷ b; of a return with mean m and variance v: m ÷ v.
                    J. L. Kelly, A New Interpretation of Information Rate (1956); E. O. Thorp, The Kelly Criterion in
                    Blackjack, Sports Betting and the Stock Market (2006), section 7
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_FLOOR, Context, Decimal, localcontext

from tieout.errors import DataError
from tieout.instruments import ONE, Instrument
from tieout.money import ZERO
from tieout.risk.limits import Limits, Sizing
from tieout.risk.target import Target, kelly_cap
from tieout.risk.types import is_usable

_DOWN = Context(prec=200, rounding=ROUND_DOWN)  # products exact, quotients never too large


@dataclass(frozen=True, slots=True)
class Edge:
    """What a strategy expects of a trade; one of the two pairs.

    win_probability, payoff    chance to win, and what is won per unit lost
    mean, variance             of the return over one period: a session
    """

    win_probability: Decimal | None = None
    payoff: Decimal | None = None
    mean: Decimal | None = None
    variance: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SizingFacts:
    """What sizes are reckoned from.

    equity    base currency
    price     instrument currency per unit, as `tieout.risk.effect.price_of` would weigh the order
    rate      base currency per unit of the instrument's currency
    lot       least step of the quantity, units
    stop      price at which the position is given up
    atr       average true range, instrument currency per unit
    days_left sessions until TIME_HORIZON_DAYS is over
    """

    instrument: Instrument
    equity: Decimal
    price: Decimal
    rate: Decimal = ONE
    lot: Decimal = ONE
    stop: Decimal | None = None
    atr: Decimal | None = None
    edge: Edge | None = None
    days_left: int | None = None


def size(facts: SizingFacts, limits: Limits, method: Sizing | None = None) -> Decimal:
    """Units to hold, a whole number of lots, zero where not even one lot fits.

    method    the strategy's own; None takes the settings'
    raises    DataError naming what is missing or makes no sense: nothing is sized from a guess
    """
    _usable(facts)
    with localcontext(_DOWN):
        share = _SHARES[method or limits.sizing](facts, limits)
        most = limits.position_pct(facts.instrument.asset_class)
        worth = facts.equity * min(share, most)
        unit = facts.price * facts.instrument.multiplier * facts.rate
        return whole_lots(worth / unit, facts.lot)


def whole_lots(quantity: Decimal, lot: Decimal) -> Decimal:
    """The quantity rounded down to a whole number of lots."""
    return (quantity / lot).to_integral_value(rounding=ROUND_FLOOR) * lot


def full_kelly(edge: Edge) -> Decimal:
    """The share of equity that grows wealth fastest; zero where there is no edge.

    raises    DataError where neither pair is whole, or its numbers make no sense
    """
    if edge.win_probability is not None and edge.payoff is not None:
        chance, payoff = edge.win_probability, edge.payoff
        _must(ZERO <= chance <= ONE, f"a probability lies between 0 and 1, was {chance}")
        _must(payoff > 0, f"the payoff must be above zero, was {payoff}")
        return max(chance - (ONE - chance) / payoff, ZERO)
    if edge.mean is not None and edge.variance is not None:
        _must(edge.variance > 0, f"the variance must be above zero, was {edge.variance}")
        return max(edge.mean / edge.variance, ZERO)
    raise DataError("Kelly needs a win probability with its payoff, or a mean return with its variance")


def _fixed_fractional(facts: SizingFacts, limits: Limits) -> Decimal:
    """Share of equity to hold, so that the stop costs `risk_per_trade_pct`."""
    if facts.stop is None:
        raise DataError("fixed fractional sizing needs the price of the stop")
    _must(facts.stop > 0, f"the stop must be above zero, was {facts.stop}")
    distance = abs(facts.price - facts.stop)
    _must(distance > 0, f"the stop lies at the price itself, {facts.price}")
    return limits.risk_per_trade_pct * facts.price / distance


def _atr(facts: SizingFacts, limits: Limits) -> Decimal:
    if facts.atr is None:
        raise DataError("ATR sizing needs the average true range")
    _must(facts.atr > 0, f"the average true range must be above zero, was {facts.atr}")
    return limits.risk_per_trade_pct * facts.price / (facts.atr * limits.atr_multiple)


def _kelly(facts: SizingFacts, limits: Limits) -> Decimal:
    """The settings' share of full Kelly, less where the target needs less, never more."""
    if facts.edge is None:
        raise DataError("Kelly sizing needs the strategy's edge")
    full = full_kelly(facts.edge)
    target = Target.of(limits, facts.days_left)
    cap = kelly_cap(target, facts.equity, facts.edge.mean, facts.edge.variance) if target else None
    return full * (limits.kelly_fraction if cap is None else min(cap, limits.kelly_fraction))


_SHARES = {Sizing.FIXED_FRACTIONAL: _fixed_fractional, Sizing.ATR: _atr, Sizing.KELLY: _kelly}


def _usable(facts: SizingFacts) -> None:
    edge = facts.edge or Edge()
    told = {"equity": facts.equity, "price": facts.price, "rate": facts.rate, "lot": facts.lot}
    maybe = {"stop": facts.stop, "atr": facts.atr, "mean": edge.mean, "variance": edge.variance}
    maybe |= {"win_probability": edge.win_probability, "payoff": edge.payoff, **told}
    for name, number in maybe.items():
        _must(number is None or is_usable(number), f"{name} is no usable number: {number}")
    for name, number in told.items():
        _must(number > 0, f"{name} must be above zero, was {number}")


def _must(holds: bool, words: str) -> None:
    if not holds:
        raise DataError(words)
