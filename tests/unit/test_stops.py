"""A breaker that went off after risk's word on an order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.execution.samples import FIRST, NOW, SECOND, planned
from tieout.breakers import ALL_ACCOUNTS, Breaker, BreakerName, BreakerState, TradingState
from tieout.stops import stop_of

INTENT = planned().intent
LATER = NOW + timedelta(minutes=5)
HALT = Breaker(FIRST, BreakerName.MANUAL, "", BreakerState.TRIPPED, TradingState.HALTED, "the desk is closed", NOW)
REDUCE = replace(HALT, effect=TradingState.REDUCE_ONLY, since=NOW + timedelta(seconds=1))


@pytest.mark.parametrize(
    "breaker",
    [
        HALT,
        replace(HALT, since=LATER),
        replace(HALT, account_id=ALL_ACCOUNTS),
        replace(HALT, name=BreakerName.VOLATILITY, scope="KO", until=LATER + timedelta(seconds=1)),
        REDUCE,
        replace(REDUCE, name=BreakerName.BREAK_LOCK, scope="KO"),
    ],
)
def test_what_stopped_trading_keeps_the_order_here(breaker: Breaker) -> None:
    words = stop_of(INTENT, [breaker], LATER)

    assert words is not None
    assert breaker.name in words
    assert breaker.reason in words


@pytest.mark.parametrize(
    "breaker",
    [
        replace(HALT, account_id=SECOND),
        replace(HALT, scope="PEP"),
        replace(HALT, until=LATER),
        replace(HALT, state=BreakerState.LIFTED, effect=TradingState.ACTIVE),
        replace(HALT, effect=TradingState.ACTIVE),
        replace(REDUCE, since=NOW),  # risk judged by it
    ],
)
def test_what_does_not_concern_it_or_was_judged_by_risk_lets_it_go(breaker: Breaker) -> None:
    assert stop_of(INTENT, [breaker], LATER) is None


def test_a_halt_counts_before_a_narrower_breaker() -> None:
    words = stop_of(INTENT, [REDUCE, HALT], LATER)

    assert words is not None
    assert "halted" in words
