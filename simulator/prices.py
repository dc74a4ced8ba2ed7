"""Where prices come from: a seeded walk, recorded bars, or an option model over either.

A source is a sequence of ticks, each price standing until the next. It is all Decimal arithmetic on seeded integers, so
that one seed gives the same ticks on every machine; only the option model computes in floats, rounded to its tick.
"""

from __future__ import annotations

import itertools
import math
import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from statistics import NormalDist
from typing import Protocol

from simulator.bars import Bar
from simulator.hours import last_opened
from tieout.instruments import Instrument
from tieout.options.osi import OptionRight
from tieout.sessions import Sessions

_SESSIONS_A_YEAR = 252
_OVERNIGHT = 15  # one night moves a price as much as this many steps of a session
_YEAR_S = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Tick:
    """A price, in currency per unit, and the moment (UTC) from which it stands."""

    at: datetime
    price: Decimal


class PriceSource(Protocol):
    """The prices of one instrument."""

    def at(self, moment: datetime) -> Tick:
        """The tick that stands at `moment`."""
        ...

    def between(self, after: datetime, until: datetime) -> Iterator[Tick]:
        """Ticks strictly inside (after, until), oldest first."""
        ...

    def reprice(self, on: date, *, ratio: Decimal = Decimal(1), less: Decimal = Decimal(0)) -> None:
        """From the session `on`, prices are divided by `ratio`, after `less` was taken off (split, dividend)."""
        ...


def rounded(price: Decimal, tick: Decimal) -> Decimal:
    """`price` on its grid, one tick at the least."""
    return max((price / tick).to_integral_value(ROUND_HALF_EVEN) * tick, tick)


class SeededWalk:
    """A geometric random walk through the sessions of one calendar.

    start        price before the first session, currency per unit
    volatility   standard deviation of a year's log return
    drift        mean of a year's log return
    steps        ticks per session, the first one at the open
    """

    def __init__(
        self,
        symbol: str,
        seed: int,
        start: Decimal,
        sessions: Sessions,
        first: date,
        *,
        volatility: Decimal = Decimal("0.25"),
        drift: Decimal = Decimal(0),
        tick: Decimal = Decimal("0.01"),
        steps: int = 78,
    ) -> None:
        self._name = f"{seed}:{symbol}"
        self._sessions = sessions
        self._first = first
        self._tick = tick
        self._steps = steps
        self._sigma = volatility / Decimal(_SESSIONS_A_YEAR * (steps + _OVERNIGHT)).sqrt()
        self._drift = drift / Decimal(_SESSIONS_A_YEAR * steps)
        self._raw = start  # unrounded price at the end of the last session walked
        self._start = start
        self._paths: dict[date, tuple[Decimal, ...]] = {}
        self._next = first
        self._reprices: dict[date, list[tuple[Decimal, Decimal]]] = {}

    def at(self, moment: datetime) -> Tick:
        """The tick that stands at `moment`; before the first session, the starting price."""
        day = last_opened(self._sessions, moment)
        opens = self._sessions.opens_at(self._first)
        if day < self._first:
            return Tick(min(moment, opens - timedelta(days=1)), rounded(self._start, self._tick))
        step = self._step(day)
        number = min(int((moment - self._sessions.opens_at(day)) / step), self._steps - 1)
        return self._tick_of(day, number)

    def between(self, after: datetime, until: datetime) -> Iterator[Tick]:
        """Ticks strictly inside (after, until), oldest first."""
        day = max(last_opened(self._sessions, after), self._first)
        while self._sessions.opens_at(day) < until:
            for number in range(self._steps):
                tick = self._tick_of(day, number)
                if after < tick.at < until:
                    yield tick
            day = self._sessions.next(day)

    def reprice(self, on: date, *, ratio: Decimal = Decimal(1), less: Decimal = Decimal(0)) -> None:
        """See `PriceSource`. ValueError for a session whose prices were asked for already."""
        if on < self._next:
            raise ValueError(f"{self._name}: prices of {on} have been seen and cannot change any more")
        self._reprices.setdefault(on, []).append((ratio, less))

    def _step(self, day: date) -> timedelta:
        return (self._sessions.closes_at(day) - self._sessions.opens_at(day)) / self._steps

    def _tick_of(self, day: date, number: int) -> Tick:
        return Tick(self._sessions.opens_at(day) + self._step(day) * number, self._path(day)[number])

    def _path(self, day: date) -> tuple[Decimal, ...]:
        while self._next <= day:
            self._paths[self._next] = self._walked(self._next)
            self._next = self._sessions.next(self._next)
        return self._paths[day]

    def _walked(self, day: date) -> tuple[Decimal, ...]:
        draws = random.Random(f"{self._name}:{day}")
        for ratio, less in self._reprices.get(day, ()):
            self._raw = (self._raw - less) / ratio
        path = []
        for number in range(self._steps):
            scale = Decimal(_OVERNIGHT).sqrt() if number == 0 else Decimal(1)
            self._raw *= (self._drift + self._sigma * scale * _normal(draws)).exp()
            path.append(rounded(self._raw, self._tick))
        return tuple(path)


def _normal(draws: random.Random) -> Decimal:
    """A draw of mean 0 and variance 1: the sum of twelve uniform ones, without a float on the way."""
    bits = draws.getrandbits(192)
    total = sum((bits >> (16 * n)) & 0xFFFF for n in range(12))
    return Decimal(total) / 65_536 - 6


class TickReplay:
    """Recorded prices, each standing until the next."""

    def __init__(self, ticks: Iterable[Tick]) -> None:
        self._ticks = sorted(ticks, key=lambda tick: tick.at)
        self._moments = [tick.at for tick in self._ticks]
        if not self._ticks:
            raise ValueError("no prices to replay")
        if len(set(self._moments)) < len(self._moments):
            raise ValueError("two prices for one moment")

    def at(self, moment: datetime) -> Tick:
        """The tick that stands at `moment`; LookupError before the first."""
        place = bisect_right(self._moments, moment)
        if place == 0:
            raise LookupError(f"no price before {self._moments[0].isoformat()}, asked for {moment.isoformat()}")
        return self._ticks[place - 1]

    def between(self, after: datetime, until: datetime) -> Iterator[Tick]:
        """Ticks strictly inside (after, until), oldest first."""
        yield from self._ticks[bisect_right(self._moments, after) : bisect_left(self._moments, until)]

    def reprice(self, on: date, *, ratio: Decimal = Decimal(1), less: Decimal = Decimal(0)) -> None:
        """Nothing to do: recorded prices already contain what happened to them."""


class BarReplay(TickReplay):
    """Recorded bars, played back as four ticks each: open, the two extremes, close.

    A rising bar visits its low first, a falling one its high: the usual reading where nothing better is known.
    """

    def __init__(self, bars: Iterable[Bar]) -> None:
        ordered = sorted(bars, key=lambda bar: bar.start)
        for bar, following in itertools.pairwise(ordered):
            if bar.start + bar.length > following.start:
                raise ValueError(f"bars of {bar.symbol} overlap at {following.start.isoformat()}")
        super().__init__(tick for bar in ordered for tick in _played(bar))


def _played(bar: Bar) -> Sequence[Tick]:
    extremes = (bar.low, bar.high) if bar.close >= bar.open else (bar.high, bar.low)
    prices = (bar.open, *extremes, bar.close)
    return [Tick(bar.start + bar.length * n / 4, price) for n, price in enumerate(prices)]


class OptionModel:
    """Black and Scholes without interest over the underlying's ticks; from the expiry on what it was worth then."""

    def __init__(
        self,
        contract: Instrument,
        underlying: PriceSource,
        expires_at: datetime,
        *,
        volatility: float = 0.25,
        tick: Decimal = Decimal("0.01"),
    ) -> None:
        if contract.strike is None or contract.option_right is None:
            raise ValueError(f"{contract.symbol} has no strike or right: not an option")
        self._strike = contract.strike
        self._right = contract.option_right
        self._underlying = underlying
        self._expires_at = expires_at
        self._volatility = volatility
        self._tick = tick

    def at(self, moment: datetime) -> Tick:
        """The tick that stands at `moment`: it is as old as the underlying's."""
        tick = self._underlying.at(min(moment, self._expires_at))
        if moment >= self._expires_at:
            return Tick(tick.at, intrinsic(self._right, self._strike, tick.price))
        return Tick(tick.at, self._price(tick))

    def between(self, after: datetime, until: datetime) -> Iterator[Tick]:
        """Ticks strictly inside (after, until), oldest first."""
        for tick in self._underlying.between(after, min(until, self._expires_at)):
            yield Tick(tick.at, self._price(tick))

    def reprice(self, on: date, *, ratio: Decimal = Decimal(1), less: Decimal = Decimal(0)) -> None:
        """Nothing to do: the underlying carries it."""

    def _price(self, tick: Tick) -> Decimal:
        years = (self._expires_at - tick.at).total_seconds() / _YEAR_S
        if years <= 0:
            return intrinsic(self._right, self._strike, tick.price)
        spread = self._volatility * math.sqrt(years)
        spot, strike = float(tick.price), float(self._strike)
        d1 = math.log(spot / strike) / spread + spread / 2
        sign = 1 if self._right is OptionRight.CALL else -1
        normal = NormalDist()
        value = sign * (spot * normal.cdf(sign * d1) - strike * normal.cdf(sign * (d1 - spread)))
        return rounded(Decimal(repr(round(value, 6))), self._tick)


def intrinsic(right: OptionRight, strike: Decimal, spot: Decimal) -> Decimal:
    """What an option is worth at its expiry, currency per unit of underlying."""
    return max(spot - strike if right is OptionRight.CALL else strike - spot, Decimal(0))


def constant(price: Decimal, since: datetime = datetime(2000, 1, 1, tzinfo=UTC)) -> TickReplay:
    """One price that never changes."""
    return TickReplay([Tick(since, price)])
