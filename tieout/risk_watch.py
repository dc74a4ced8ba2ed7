"""What the risk watch makes of what it saw: moves, changes worth a message, and the message. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from tieout.alert import Alert, happened, lasting, quoted
from tieout.breaker_triggers import Move
from tieout.breakers import ALL_ACCOUNTS, Breaker, BreakerState, TradingState
from tieout.ids import AccountId, derived_text
from tieout.recon.types import Severity

SOURCE = "risk-watch"
WINDOW = timedelta(minutes=10)  # within which an instrument's move is measured: two beats of the schedule
_WEIGHT = {
    TradingState.ACTIVE: Severity.WARNING,
    TradingState.REDUCE_ONLY: Severity.WARNING,
    TradingState.HALTED: Severity.CRITICAL,
}


@dataclass(frozen=True, slots=True)
class Watched:
    """One account after a look at it.

    changes    breakers that went off, let go, or stop more than before
    told       what people must know of exits, one line each
    skipped    why nobody looked
    """

    account_id: AccountId
    changes: tuple[Breaker, ...] = ()
    skipped: str | None = None
    told: tuple[str, ...] = ()


def compose_exits(told: Sequence[str]) -> Alert:
    """The one message about exits that could not be looked after, or left a position without one."""
    lines = "\n".join(f"- {quoted(one)}" for one in told)
    about = tuple(lasting(derived_text("exits", one), one) for one in dict.fromkeys(told))
    return Alert(Severity.CRITICAL, f"tieout exits: {len(told)} to look at", lines, about, SOURCE)


def moves(now: Mapping[str, Decimal], before: Iterable[Mapping[str, Decimal]]) -> tuple[Move, ...]:
    """How far each instrument is from the price, among those seen in the window, that is farthest from it.

    now, before    prices by symbol, currency per unit; what was not seen before has no move
    """
    seen: dict[str, list[Decimal]] = {}
    for prices in before:
        for symbol, price in prices.items():
            if price > 0:
                seen.setdefault(symbol, []).append(price)
    return tuple(
        Move(symbol, max(seen[symbol], key=lambda one: abs(last - one) / one), last)
        for symbol, last in sorted(now.items())
        if symbol in seen
    )


def changes(before: Iterable[Breaker], after: Iterable[Breaker]) -> tuple[Breaker, ...]:
    """Breakers whose state or effect is another now. One that goes off again for the same trouble is no news."""
    known = {(one.account_id, one.name, one.scope): (one.state, one.effect) for one in before}
    new = (BreakerState.LIFTED, TradingState.ACTIVE)
    return tuple(
        one for one in after if known.get((one.account_id, one.name, one.scope), new) != (one.state, one.effect)
    )


def compose(news: Sequence[Breaker]) -> Alert:
    """The one message about breakers that changed."""
    off = [one for one in news if one.state is BreakerState.TRIPPED]
    weights = {_WEIGHT[one.effect] for one in off}
    worst = next((one for one in (Severity.CRITICAL, Severity.WARNING) if one in weights), Severity.INFO)
    what = f"{len(off)} went off" if off else f"{len(news)} let go"
    about = tuple(
        happened(f"breaker {one.account_id} {one.name} {one.scope}", one.effect, str(one.since), one.reason)
        for one in news
    )
    return Alert(worst, f"tieout circuit breakers: {what}", "\n".join(_line(one) for one in news), about, SOURCE)


def _line(one: Breaker) -> str:
    who = "all accounts" if one.account_id == ALL_ACCOUNTS else one.account_id
    name = f"{one.name} {one.scope}".strip()
    if one.state is BreakerState.LIFTED:
        return f"- {quoted(who)}: {name} let go, by {quoted(one.lifted_by or '')}: {quoted(one.reason)}"
    until = f", until {one.until:%Y-%m-%d %H:%M:%S} UTC" if one.until else ""
    return f"- {quoted(who)}: {name}, {one.effect}{until}: {quoted(one.reason)}"
