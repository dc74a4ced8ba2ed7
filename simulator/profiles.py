"""How realistic a simulated venue is, chosen by name: what stands between an order and its fill.

    as-quoted   every order trades at the touch, at once, as far as the listing's depth goes
    basic       deterministic, one number for each effect
    advanced    seeded: latency is drawn, orders queue, large ones trade in parts and move the price

Symbols: Q units of the order, V units a day, σ standard deviation of a day's return, p = Q ÷ volume of a minute.
Models: spread and participation, touch × (1 ± k·σ·p); square root, Y·σ·√(Q/V) (Grinold and Kahn; Tóth et al. 2011);
queue position, behind what is displayed when the order joins, conservative: cancels only behind (Rigtorp 2013).
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

_ZERO = Decimal(0)
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Latency:
    """From sending to acting at the market.

    order, cancel   median of each
    spread          σ of the lognormal factor on it; zero for always the median
    most            beyond which nothing is drawn
    """

    order: timedelta = _NONE
    cancel: timedelta = _NONE
    spread: float = 0.0
    most: timedelta = timedelta(seconds=5)

    def drawn(self, median: timedelta, seed: str) -> timedelta:
        """One delay, the same for the same seed."""
        if not self.spread or not median:
            return median
        factor = math.exp(random.Random(seed).gauss(0, self.spread))
        return min(timedelta(microseconds=int(median / timedelta(microseconds=1) * factor)), self.most)


@dataclass(frozen=True, slots=True)
class Profile:
    """One set of effects.

    slippage        part of the price that every taker loses beyond the touch
    participation   k of the participation model
    impact          Y of the square-root model
    largest_share   of a minute's volume that one order gets at one tick; None where depth alone limits it
    through         a resting limit trades only once the price has gone through it
    queues          a resting limit at the touch waits behind what was displayed there
    keeps           part of the impact that stays in the quote, and halves every `half_life`
    """

    name: str
    latency: Latency = Latency()
    slippage: Decimal = _ZERO
    participation: Decimal = _ZERO
    impact: Decimal = _ZERO
    largest_share: Decimal | None = None
    through: bool = False
    queues: bool = False
    keeps: Decimal = _ZERO
    half_life: timedelta = timedelta(minutes=30)
    seed: int = 0


AS_QUOTED = Profile("as-quoted")
BASIC = Profile(
    "basic",
    latency=Latency(timedelta(milliseconds=120), timedelta(milliseconds=120)),
    slippage=Decimal("0.0001"),
    largest_share=Decimal("0.25"),
    through=True,
)
ADVANCED = Profile(
    "advanced",
    latency=Latency(timedelta(milliseconds=120), timedelta(milliseconds=120), spread=0.5),
    participation=Decimal("0.1"),
    impact=Decimal("0.7"),
    largest_share=Decimal("0.1"),
    queues=True,
    keeps=Decimal("0.5"),
)
PROFILES = {one.name: one for one in (AS_QUOTED, BASIC, ADVANCED)}
