"""A breaker that went off after risk's word on an order. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tieout.breakers import Breaker, TradingState, why_stopped
from tieout.intents import Intent


def stop_of(intent: Intent, breakers: Iterable[Breaker], now: datetime) -> str | None:
    """Why an order that risk let through may not leave now, None where it may.

    Halted is no, whenever that began. Reduce-only is what risk judged by where it began before the intent; where it
    began later the answer is no, for only risk can tell with the account before it what shrinks a position.
    """
    order, known = intent.order, tuple(breakers)
    for instrument in (order.instrument, *(leg.instrument for leg in order.legs)):
        for one in why_stopped(known, intent.account_id, instrument, now):
            if one.effect is TradingState.HALTED:
                return f"trading is halted, {one.name}: {one.reason}"
            if one.since > intent.created_at:
                return f"only what shrinks a position may be sent since it was decided, {one.name}: {one.reason}"
    return None
