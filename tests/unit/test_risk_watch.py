from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from tieout.breakers import Breaker, BreakerName, BreakerState, TradingState
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.risk_watch import changes, compose, moves

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
OFF = Breaker(
    AccountId("one"), BreakerName.VOLATILITY, "KO", BreakerState.TRIPPED, TradingState.HALTED, "moved 12%", NOW
)
ON = replace(OFF, state=BreakerState.LIFTED, effect=TradingState.ACTIVE, lifted_by="clock", reason="over")


def test_a_move_is_measured_from_the_farthest_price_of_the_window() -> None:
    before = [{"KO": Decimal(100)}, {"KO": Decimal(120), "BAC": Decimal(0)}, {"KO": Decimal(109)}]

    (move,) = moves({"KO": Decimal(110), "BAC": Decimal(40), "NEW": Decimal(7)}, before)

    assert (move.symbol, move.reference, move.last) == ("KO", Decimal(100), Decimal(110))


def test_what_goes_off_and_what_lets_go_is_news_and_nothing_else() -> None:
    assert changes([], [OFF]) == (OFF,)
    assert changes([OFF], [replace(OFF, until=NOW, reason="moved 13%")]) == ()
    assert changes([OFF], [ON]) == (ON,)
    assert changes([ON], [ON]) == ()
    assert changes([replace(OFF, effect=TradingState.REDUCE_ONLY)], [OFF]) == (OFF,)


def test_the_message_is_as_severe_as_the_worst_that_went_off() -> None:
    assert compose([ON]).severity is Severity.INFO
    assert compose([replace(OFF, effect=TradingState.REDUCE_ONLY)]).severity is Severity.WARNING
    assert compose([ON, OFF]).severity is Severity.CRITICAL
    assert "volatility KO" in compose([OFF]).body
    assert "by clock" in compose([ON]).body
