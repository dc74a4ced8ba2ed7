"""Circuit breakers: when trading stops by itself, how far, until when, and who may let it go on. Pure.

A breaker that tripped makes its scope reduce-only (what shrinks a position still goes) or halts it (nothing goes).
Those that measure a passing trouble lift by themselves after a pause and trip again while the trouble lasts; those that
measure a loss wait for the next session or a person; a break lock waits until its break has tied out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from tieout.errors import DataError
from tieout.ids import AccountId
from tieout.instruments import Instrument
from tieout.risk.limits import CRYPTO_CLASSES

ALL_ACCOUNTS = AccountId("*")
CRYPTO_SCOPE = "class:crypto"  # coins and perpetuals


class TradingState(StrEnum):
    """What may be sent."""

    ACTIVE = "active"
    REDUCE_ONLY = "reduce_only"
    HALTED = "halted"


_ORDER = {TradingState.ACTIVE: 0, TradingState.REDUCE_ONLY: 1, TradingState.HALTED: 2}


class BreakerName(StrEnum):
    VOLATILITY = "volatility"
    DAILY_LOSS = "daily_loss"
    DRAWDOWN = "drawdown"
    CONNECTIVITY = "connectivity"
    ERROR_RATE = "error_rate"
    BREAK_LOCK = "break_lock"
    MANUAL = "manual"


class BreakerState(StrEnum):
    TRIPPED = "tripped"
    LIFTED = "lifted"


@dataclass(frozen=True, slots=True)
class Trip:
    """A breaker that goes off.

    scope     empty for the whole account, a symbol, or `class:crypto`
    effect    what its scope may still do; active: it is told and stops nothing
    until     UTC; None: only a person, the next session or the tie-out lifts it
    """

    account_id: AccountId
    name: BreakerName
    reason: str
    effect: TradingState
    scope: str = ""
    until: datetime | None = None
    numbers: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Breaker:
    """One breaker as it stands; times UTC.

    since        of its present state
    lifted_by    who let trading go on: a person, or `clock`, `tie-out`, `connection`
    """

    account_id: AccountId
    name: BreakerName
    scope: str
    state: BreakerState
    effect: TradingState
    reason: str
    since: datetime
    until: datetime | None = None
    lifted_by: str | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it stops anything at that moment."""
        return self.state is BreakerState.TRIPPED and (self.until is None or now < self.until)

    def covers(self, account_id: AccountId, instrument: Instrument | None) -> bool:
        """Whether an order for the instrument falls under it; None asks about the account as a whole."""
        if self.account_id not in (account_id, ALL_ACCOUNTS):
            return False
        if not self.scope:
            return True
        if instrument is None:
            return False
        if self.scope == CRYPTO_SCOPE:
            return instrument.asset_class in CRYPTO_CLASSES
        return self.scope == instrument.symbol


@dataclass(frozen=True, slots=True)
class Lift:
    """A breaker that lets go."""

    breaker: Breaker
    lifted_by: str
    reason: str


def tripped(trip: Trip, before: Breaker | None, now: datetime) -> Breaker:
    """The breaker after a trip. One that is off stays off since then: a weaker or shorter trip changes nothing."""
    fresh = Breaker(
        trip.account_id, trip.name, trip.scope, BreakerState.TRIPPED, trip.effect, trip.reason, now, trip.until
    )
    if before is None or not before.holds(now):
        return fresh
    effect = max(before.effect, trip.effect, key=_ORDER.__getitem__)
    same = effect is before.effect
    return replace(
        fresh,
        since=before.since,
        effect=effect,
        until=_later(before.until, trip.until),
        reason=before.reason if same else trip.reason,
    )


def lifted(breaker: Breaker, by: str, reason: str, now: datetime) -> Breaker:
    """The breaker after somebody let trading go on.

    by, reason    who and why; both must say something
    raises        DataError where either is empty, or the breaker is not off
    """
    if not by.strip() or not reason.strip():
        raise DataError(f"lifting {breaker.name} needs a name and a reason")
    if breaker.state is BreakerState.LIFTED:
        raise DataError(f"{breaker.name} of {breaker.account_id} is not tripped: there is nothing to lift")
    over = replace(breaker, state=BreakerState.LIFTED, effect=TradingState.ACTIVE, since=now, until=None)
    return replace(over, lifted_by=by.strip(), reason=reason.strip())


def trading_state(
    breakers: Iterable[Breaker], account_id: AccountId, instrument: Instrument | None, now: datetime
) -> TradingState:
    """What may be sent: the strictest of all breakers that hold.

    instrument    None asks about the account as a whole, without the scopes that are narrower
    """
    effects = (one.effect for one in breakers if one.holds(now) and one.covers(account_id, instrument))
    return max(effects, key=_ORDER.__getitem__, default=TradingState.ACTIVE)


def why_stopped(
    breakers: Iterable[Breaker], account_id: AccountId, instrument: Instrument | None, now: datetime
) -> tuple[Breaker, ...]:
    """The breakers behind a trading state that is not active, the strictest and oldest first."""
    found = [one for one in breakers if one.holds(now) and one.covers(account_id, instrument)]
    stopping = [one for one in found if one.effect is not TradingState.ACTIVE]
    return tuple(sorted(stopping, key=lambda one: (-_ORDER[one.effect], one.since)))


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later end; None is the latest, for it has none."""
    return None if one is None or other is None else max(one, other)
