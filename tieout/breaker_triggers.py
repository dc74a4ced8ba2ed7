"""When a circuit breaker goes off and when its trouble is over. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tieout.breakers import CRYPTO_SCOPE, Breaker, BreakerName, BreakerState, Lift, TradingState, Trip
from tieout.ids import AccountId, BreakId
from tieout.money import ZERO
from tieout.risk.limits import Limits


@dataclass(frozen=True, slots=True)
class Worth:
    """Equity of an account, or the crypto part of it, base currency; None where not known."""

    now: Decimal | None
    day_start: Decimal | None
    peak: Decimal | None


@dataclass(frozen=True, slots=True)
class Move:
    """How far one instrument moved within the breaker's window, currency per unit."""

    symbol: str
    reference: Decimal
    last: Decimal


@dataclass(frozen=True, slots=True)
class BreakerContext:
    """What the breakers look at; one account at one moment.

    last_answer         UTC, when the venue last answered anything; None: nothing was asked of it yet
    calls, errors       calls of the venue in the last minutes, and those that failed without an answer
    locks               open critical breaks and the symbols they concern
    next_session        UTC, when the next session opens; None where that is not known
    """

    account_id: AccountId
    worth: Worth
    crypto: Worth | None = None
    moves: tuple[Move, ...] = ()
    last_answer: datetime | None = None
    calls: int = 0
    errors: int = 0
    locks: tuple[tuple[BreakId, str], ...] = ()
    next_session: datetime | None = None


def judge_breakers(context: BreakerContext, limits: Limits, now: datetime) -> tuple[Trip, ...]:
    """Every breaker that must be off now; the same facts give the same trips, so judging again changes nothing.

    ENABLE_CIRCUIT_BREAKERS = false switches them off, break locks included; what a person halted stays halted.
    An equity that is not known trips nothing here: the rules of tieout/risk deny every order that opens something then.
    """
    if not limits.enable_circuit_breakers:
        return ()
    return (
        *_loss(context, limits, context.worth, ""),
        *(_loss(context, limits, context.crypto, CRYPTO_SCOPE) if context.crypto else ()),
        *_volatility(context, limits, now),
        *_connectivity(context, limits, now),
        *_error_rate(context, limits, now),
        *_break_locks(context),
    )


def judge_lifts(
    breakers: Iterable[Breaker], context: BreakerContext, limits: Limits, now: datetime
) -> tuple[Lift, ...]:
    """Breakers whose time or trouble is over, with who says so. What a person halted is never among them."""
    if not limits.enable_circuit_breakers:
        off = [one for one in breakers if one.account_id == context.account_id and one.name is not BreakerName.MANUAL]
        reason = "circuit breakers are switched off"
        return tuple(Lift(one, "settings", reason) for one in off if one.state is BreakerState.TRIPPED)
    still = {(trip.name, trip.scope) for trip in judge_breakers(context, limits, now)}
    mine = [one for one in breakers if one.account_id == context.account_id and one.state is BreakerState.TRIPPED]
    return tuple(lift for one in mine if (lift := _lift_of(one, still, now)))


def _loss(context: BreakerContext, limits: Limits, worth: Worth, scope: str) -> Iterator[Trip]:
    crypto = scope == CRYPTO_SCOPE
    most = limits.crypto_max_daily_loss_pct if crypto else limits.max_daily_loss_pct
    lost = _share_lost(worth.now, worth.day_start)
    if lost is not None and lost >= most:
        yield Trip(
            context.account_id,
            BreakerName.DAILY_LOSS,
            f"{_of(scope)}lost {lost:.2%} today, {most:.2%} is the most",
            _effect(limits.halt_on_daily_loss),
            scope,
            context.next_session,
            (("lost", lost), ("limit", most)),
        )
    most = limits.crypto_max_drawdown_pct if crypto else limits.max_drawdown_pct
    lost = _share_lost(worth.now, worth.peak)
    if lost is not None and lost >= most:
        yield Trip(
            context.account_id,
            BreakerName.DRAWDOWN,
            f"{_of(scope)}is {lost:.2%} below its peak, {most:.2%} is the most",
            _effect(limits.halt_on_drawdown),
            scope,
            None,
            (("lost", lost), ("limit", most)),
        )


def _volatility(context: BreakerContext, limits: Limits, now: datetime) -> Iterator[Trip]:
    most = limits.volatility_pct
    for move in context.moves if most is not None else ():
        if move.reference <= 0:
            continue
        share = abs(move.last - move.reference) / move.reference
        if most is not None and share >= most:
            yield Trip(
                context.account_id,
                BreakerName.VOLATILITY,
                f"{move.symbol} moved {share:.2%} within the window, {most:.2%} is the most",
                TradingState.HALTED,
                move.symbol,
                now + timedelta(seconds=limits.pause_s),
                (("moved", share), ("limit", most)),
            )


def _connectivity(context: BreakerContext, limits: Limits, now: datetime) -> Iterator[Trip]:
    if context.last_answer is None:
        return
    silent = Decimal(str((now - context.last_answer).total_seconds()))
    if silent >= limits.max_silence_s:
        yield Trip(
            context.account_id,
            BreakerName.CONNECTIVITY,
            f"the venue has not answered for {silent:.0f} s, {limits.max_silence_s} s is the most",
            TradingState.HALTED,
            "",
            now + timedelta(seconds=limits.pause_s),
            (("silent_s", silent), ("limit_s", Decimal(limits.max_silence_s))),
        )


def _error_rate(context: BreakerContext, limits: Limits, now: datetime) -> Iterator[Trip]:
    if context.calls < max(limits.min_calls, 1):
        return
    rate = Decimal(context.errors) / context.calls
    if rate >= limits.max_error_rate:
        yield Trip(
            context.account_id,
            BreakerName.ERROR_RATE,
            f"{context.errors} of {context.calls} calls failed, {limits.max_error_rate:.0%} is the most",
            TradingState.REDUCE_ONLY,
            "",
            now + timedelta(seconds=limits.pause_s),
            (("rate", rate), ("limit", limits.max_error_rate)),
        )


def _break_locks(context: BreakerContext) -> Iterator[Trip]:
    by_symbol: dict[str, list[str]] = {}
    for break_id, symbol in context.locks:
        by_symbol.setdefault(symbol, []).append(break_id)
    for symbol, ids in sorted(by_symbol.items()):
        words = f"critical break {', '.join(sorted(ids))} is open: {symbol} may only be reduced until it ties out"
        yield Trip(context.account_id, BreakerName.BREAK_LOCK, words, TradingState.REDUCE_ONLY, symbol)


def _lift_of(breaker: Breaker, still: set[tuple[BreakerName, str]], now: datetime) -> Lift | None:
    if breaker.name is BreakerName.MANUAL or (breaker.name, breaker.scope) in still:
        return None
    if breaker.name is BreakerName.BREAK_LOCK:
        return Lift(breaker, "tie-out", f"no critical break of {breaker.scope} is open any more")
    if breaker.name is BreakerName.CONNECTIVITY:
        return Lift(breaker, "connection", "the venue answers again")
    if breaker.until is not None and now >= breaker.until:
        return Lift(breaker, "clock", f"its time was over at {breaker.until:%Y-%m-%d %H:%M:%S} UTC")
    return None


def _share_lost(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """The part of `before` that is gone, at least zero; None where either is not known or nothing was there."""
    if now is None or before is None or before <= 0:
        return None
    return max((before - now) / before, ZERO)


def _effect(halts: bool) -> TradingState:
    """HALT_ON_… = false: the breaker is told and stops nothing."""
    return TradingState.HALTED if halts else TradingState.ACTIVE


def _of(scope: str) -> str:
    return "the crypto part " if scope == CRYPTO_SCOPE else "the account "
