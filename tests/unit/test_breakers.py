"""Circuit breakers: when they go off, what they stop, when they let go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.breaker_triggers import BreakerContext, Move, Worth, judge_breakers, judge_lifts
from tieout.breakers import (
    ALL_ACCOUNTS,
    CRYPTO_SCOPE,
    Breaker,
    BreakerName,
    BreakerState,
    TradingState,
    Trip,
    lifted,
    trading_state,
    tripped,
    why_stopped,
)
from tieout.errors import DataError
from tieout.ids import AccountId, BreakId
from tieout.instruments import crypto, equity, perpetual
from tieout.risk.limits import Limits

D = Decimal
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
TOMORROW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
ONE, TWO = AccountId("one"), AccountId("two")
AAPL, BTC = equity("AAPL"), crypto("BTC")
LIMITS = Limits()
QUIET = BreakerContext(ONE, Worth(D(100), D(100), D(100)), last_answer=NOW, next_session=TOMORROW)


def trips(limits: Limits = LIMITS, **changed: Any) -> tuple[Trip, ...]:
    return judge_breakers(replace(QUIET, **changed), limits, NOW)


def off(trip: Trip, now: datetime = NOW) -> Breaker:
    return tripped(trip, None, now)


def manual(effect: TradingState = TradingState.HALTED, **changed: Any) -> Breaker:
    return replace(off(Trip(ONE, BreakerName.MANUAL, "fire drill", effect)), **changed)


def test_on_a_quiet_day_nothing_goes_off() -> None:
    assert trips() == ()


@pytest.mark.parametrize(
    ("now", "goes_off"), [("95.01", False), ("95", True), ("0", True), ("-5", True), ("120", False)]
)
def test_a_daily_loss_halts_until_the_next_session(now: str, goes_off: bool) -> None:
    found = [one for one in trips(worth=Worth(D(now), D(100), D(1))) if one.name is BreakerName.DAILY_LOSS]
    assert bool(found) is goes_off
    for one in found:
        assert (one.effect, one.until, one.scope) == (TradingState.HALTED, TOMORROW, "")


def test_a_drawdown_halts_until_a_person_lifts_it() -> None:
    (found,) = trips(worth=Worth(D(80), D(80), D(100)))
    assert (found.name, found.effect, found.until) == (BreakerName.DRAWDOWN, TradingState.HALTED, None)
    assert found.reason == "the account is 20.00% below its peak, 20.00% is the most"


def test_losses_are_told_and_stop_nothing_where_the_settings_say_so() -> None:
    told = trips(replace(LIMITS, halt_on_daily_loss=False, halt_on_drawdown=False), worth=Worth(D(50), D(100), D(100)))
    assert {one.name for one in told} == {BreakerName.DAILY_LOSS, BreakerName.DRAWDOWN}
    assert trading_state([off(one) for one in told], ONE, AAPL, NOW) is TradingState.ACTIVE


def test_crypto_has_losses_of_its_own_that_stop_crypto_only() -> None:
    limits = replace(LIMITS, crypto_max_daily_loss_pct=D("0.03"))
    (found,) = trips(limits, crypto=Worth(D(97), D(100), D(100)))
    breakers = [off(found)]
    assert found.scope == CRYPTO_SCOPE
    assert trading_state(breakers, ONE, BTC, NOW) is TradingState.HALTED
    assert trading_state(breakers, ONE, perpetual("BTC", "USDT", "USDT"), NOW) is TradingState.HALTED
    assert trading_state(breakers, ONE, AAPL, NOW) is TradingState.ACTIVE


def test_an_equity_that_is_not_known_trips_nothing() -> None:
    assert trips(worth=Worth(None, D(100), D(100))) == ()
    assert trips(worth=Worth(D(1), None, D(0))) == ()


def test_a_wild_instrument_is_halted_for_a_while() -> None:
    moves = (Move("AAPL", D(100), D(90)), Move("MSFT", D(100), D("109.99")), Move("ODD", D(0), D(1)))
    (found,) = trips(moves=moves)
    assert (found.name, found.scope, found.until) == (BreakerName.VOLATILITY, "AAPL", NOW + timedelta(minutes=5))
    assert trips(replace(LIMITS, volatility_pct=None), moves=moves) == ()


@pytest.mark.parametrize(("silent", "goes_off"), [(119, False), (120, True)])
def test_a_silent_venue_halts_its_account(silent: int, goes_off: bool) -> None:
    found = trips(last_answer=NOW - timedelta(seconds=silent))
    assert [one.name for one in found] == ([BreakerName.CONNECTIVITY] if goes_off else [])
    assert trips(last_answer=None) == ()


@pytest.mark.parametrize(("calls", "errors", "goes_off"), [(10, 5, True), (10, 4, False), (9, 9, False), (0, 0, False)])
def test_many_failed_calls_make_the_account_reduce_only(calls: int, errors: int, goes_off: bool) -> None:
    found = trips(calls=calls, errors=errors)
    assert [one.effect for one in found] == ([TradingState.REDUCE_ONLY] if goes_off else [])


def test_an_open_critical_break_locks_its_instrument_until_it_ties_out() -> None:
    locks = ((BreakId("BRK-2"), "AAPL"), (BreakId("BRK-1"), "AAPL"))
    (found,) = trips(locks=locks)
    breaker = off(found)
    assert (found.scope, found.effect, found.until) == ("AAPL", TradingState.REDUCE_ONLY, None)
    assert "BRK-1, BRK-2" in found.reason
    assert judge_lifts([breaker], replace(QUIET, locks=locks[:1]), LIMITS, NOW) == ()
    (lift,) = judge_lifts([breaker], QUIET, LIMITS, NOW)
    assert lift.lifted_by == "tie-out"


def test_switched_off_breakers_trip_nothing_and_let_go_of_all_but_a_persons_halt() -> None:
    none = replace(LIMITS, enable_circuit_breakers=False)
    bad: dict[str, Any] = {
        "worth": Worth(D(1), D(100), D(100)),
        "calls": 10,
        "errors": 10,
        "locks": ((BreakId("BRK-1"), "AAPL"),),
    }
    assert trips(none, **bad) == ()
    all_off = [off(one) for one in trips(**bad)] + [manual()]
    lifts = judge_lifts(all_off, replace(QUIET, **bad), none, NOW)
    assert {one.breaker.name for one in lifts} == {one.name for one in all_off} - {BreakerName.MANUAL}
    assert {one.lifted_by for one in lifts} == {"settings"}


def test_a_breaker_lets_go_when_its_time_is_over_and_its_trouble_too() -> None:
    silent = replace(QUIET, calls=10, errors=10)
    (trip,) = judge_breakers(silent, LIMITS, NOW)
    later = NOW + timedelta(minutes=6)
    assert judge_lifts([off(trip)], QUIET, LIMITS, NOW) == ()
    assert judge_lifts([off(trip)], silent, LIMITS, later) == ()
    (lift,) = judge_lifts([off(trip)], QUIET, LIMITS, later)
    assert lift.lifted_by == "clock"
    assert trading_state([off(trip)], ONE, AAPL, later) is TradingState.ACTIVE, "over, whether or not it was lifted"


def test_a_connection_that_is_back_lets_go_at_once() -> None:
    (trip,) = trips(last_answer=NOW - timedelta(hours=1))
    (lift,) = judge_lifts([off(trip)], QUIET, LIMITS, NOW + timedelta(seconds=1))
    assert lift.lifted_by == "connection"


def test_what_a_person_halted_no_clock_lifts() -> None:
    assert judge_lifts([manual(until=NOW)], QUIET, LIMITS, NOW + timedelta(days=9)) == ()


def test_other_accounts_breakers_are_left_alone() -> None:
    (trip,) = trips(locks=((BreakId("BRK-1"), "AAPL"),))
    assert judge_lifts([replace(off(trip), account_id=TWO)], QUIET, LIMITS, NOW) == ()


def test_lifting_needs_a_name_and_a_reason_and_something_to_lift() -> None:
    done = lifted(manual(), " desk ", "drill is over", NOW)
    assert (done.state, done.lifted_by, done.reason) == (BreakerState.LIFTED, "desk", "drill is over")
    assert not done.holds(NOW)
    for by, reason in (("", "x"), ("x", "  ")):
        with pytest.raises(DataError, match="a name and a reason"):
            lifted(manual(), by, reason, NOW)
    with pytest.raises(DataError, match="nothing to lift"):
        lifted(done, "desk", "again", NOW)


def test_a_halt_of_all_accounts_holds_for_each_and_a_narrow_one_not_for_the_account() -> None:
    assert trading_state([manual(account_id=ALL_ACCOUNTS)], TWO, None, NOW) is TradingState.HALTED
    assert trading_state([manual()], TWO, None, NOW) is TradingState.ACTIVE
    assert trading_state([manual(scope="AAPL")], ONE, None, NOW) is TradingState.ACTIVE
    assert trading_state([manual(scope="AAPL")], ONE, AAPL, NOW) is TradingState.HALTED
    assert trading_state([manual(scope="AAPL")], ONE, BTC, NOW) is TradingState.ACTIVE


def test_the_breakers_behind_a_stop_are_told_the_strictest_first() -> None:
    mild, old = manual(TradingState.REDUCE_ONLY), manual(since=NOW - timedelta(days=1))
    told = manual(TradingState.ACTIVE)
    assert why_stopped([mild, told, manual(), old], ONE, AAPL, NOW) == (old, manual(), mild)


states = st.sampled_from(TradingState)
ends = st.none() | st.integers(0, 10_000).map(lambda s: NOW + timedelta(seconds=s))


@given(st.lists(st.tuples(states, ends), min_size=1, max_size=6))
def test_tripping_again_never_makes_a_breaker_weaker_or_shorter(given_: list[tuple[TradingState, Any]]) -> None:
    rank = list(TradingState).index
    before: Breaker | None = None
    for effect, until in given_:
        trip = Trip(ONE, BreakerName.DAILY_LOSS, "lost", effect, until=until)
        after = tripped(trip, before, NOW)
        if before is not None and before.holds(NOW):
            assert rank(after.effect) == max(rank(before.effect), rank(effect))
            assert after.until is None or (before.until is not None and after.until >= before.until)
            assert tripped(trip, after, NOW) == after
        before = after


@given(st.lists(st.tuples(states, st.booleans()), max_size=5))
def test_the_strictest_breaker_that_holds_decides(given_: list[tuple[TradingState, bool]]) -> None:
    rank = list(TradingState).index
    breakers = [manual(effect, until=None if holds else NOW) for effect, holds in given_]
    strictest = max((rank(effect) for effect, holds in given_ if holds), default=0)
    assert rank(trading_state(breakers, ONE, AAPL, NOW)) == strictest
