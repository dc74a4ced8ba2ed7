from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sql.breakers import breaker_history, lift, read_breakers, trip
from tests.databases import Stores
from tieout.breakers import ALL_ACCOUNTS, Breaker, BreakerName, BreakerState, TradingState, Trip, trading_state
from tieout.errors import DataError, StoreError
from tieout.ids import AccountId
from tieout.instruments import equity, option

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
ONE, TWO = AccountId("one"), AccountId("two")
AAPL = equity("AAPL")
LOSS = Trip(
    ONE,
    BreakerName.DAILY_LOSS,
    "the account lost 6.00% today",
    TradingState.HALTED,
    until=NOW + timedelta(days=1),
    numbers=(("lost", Decimal("0.06")),),
)


def off(stores: Stores, one: Trip, now: datetime = NOW) -> Breaker:
    with stores.journal.write() as connection:
        return trip(connection, one, now)


def on(stores: Stores, one: Trip, actor: str = "desk", reason: str = "looked at it", now: datetime = LATER) -> Breaker:
    with stores.journal.write() as connection:
        return lift(connection, one.account_id, one.name, one.scope, actor, reason, now)


def breakers(stores: Stores, account_id: AccountId | None = None) -> list[Breaker]:
    with stores.journal.read() as connection:
        return read_breakers(connection, account_id)


def history(stores: Stores, account_id: AccountId = ONE) -> list[tuple[str, str]]:
    with stores.journal.read() as connection:
        return [(row["event"], row["detail"]["actor"]) for row in breaker_history(connection, account_id)]


def test_what_went_off_is_read_back_as_it_was(stores: Stores) -> None:
    written = off(stores, LOSS)

    assert breakers(stores) == [written]
    assert (written.state, written.effect, written.since) == (BreakerState.TRIPPED, TradingState.HALTED, NOW)
    assert trading_state(breakers(stores), ONE, AAPL, LATER) is TradingState.HALTED


def test_going_off_again_changes_nothing_and_tells_no_second_event(stores: Stores) -> None:
    first = off(stores, LOSS)
    again = off(stores, replace(LOSS, reason="the account lost 6.10% today"), LATER)

    assert again == first
    assert breakers(stores) == [first]
    assert history(stores) == [("breaker_tripped", "breaker")]


def test_a_longer_or_stricter_trip_is_told(stores: Stores) -> None:
    off(stores, replace(LOSS, effect=TradingState.REDUCE_ONLY, until=LATER))
    longer = off(stores, LOSS, NOW)

    assert (longer.effect, longer.until, longer.since) == (TradingState.HALTED, LOSS.until, NOW)
    assert [event for event, _ in history(stores)] == ["breaker_tripped", "breaker_tripped"]


def test_who_lifted_it_and_why_is_kept(stores: Stores) -> None:
    off(stores, LOSS)
    lifted = on(stores, LOSS)

    assert breakers(stores) == [lifted]
    assert (lifted.state, lifted.lifted_by, lifted.reason, lifted.since) == (
        BreakerState.LIFTED,
        "desk",
        "looked at it",
        LATER,
    )
    assert trading_state(breakers(stores), ONE, AAPL, LATER) is TradingState.ACTIVE
    assert history(stores) == [("breaker_tripped", "breaker"), ("breaker_lifted", "desk")]


def test_the_history_keeps_the_reason_that_the_lift_replaced(stores: Stores) -> None:
    off(stores, LOSS)
    on(stores, LOSS)
    with stores.journal.read() as connection:
        went_off, let_go = (row["detail"] for row in breaker_history(connection, ONE))

    assert went_off["numbers"] == {"lost": "0.06"}
    assert let_go["was"] == LOSS.reason


def test_a_breaker_that_was_lifted_may_go_off_again(stores: Stores) -> None:
    off(stores, LOSS)
    on(stores, LOSS)
    again = off(stores, LOSS, LATER + timedelta(minutes=1))

    assert (again.state, again.since) == (BreakerState.TRIPPED, LATER + timedelta(minutes=1))
    assert breakers(stores) == [again]
    assert len(history(stores)) == 3


@pytest.mark.parametrize(("actor", "reason"), [("", "why"), ("desk", " ")])
def test_lifting_without_a_name_or_a_reason_is_refused(stores: Stores, actor: str, reason: str) -> None:
    tripped = off(stores, LOSS)
    with pytest.raises(DataError, match="needs a name and a reason"):
        on(stores, LOSS, actor, reason)
    assert breakers(stores) == [tripped]


def test_lifting_what_is_not_off_is_refused_and_leaves_nothing(stores: Stores) -> None:
    with pytest.raises(DataError, match="never went off"):
        on(stores, LOSS)
    assert breakers(stores) == []
    off(stores, LOSS)
    on(stores, LOSS)
    with pytest.raises(DataError, match="nothing to lift"):
        on(stores, LOSS)


def test_scopes_are_breakers_of_their_own(stores: Stores) -> None:
    contract = option("AAPL270115P00100000")
    lock = Trip(ONE, BreakerName.BREAK_LOCK, "BRK-1 is open", TradingState.REDUCE_ONLY, contract.symbol)
    off(stores, lock)
    off(stores, replace(lock, scope="AAPL"))
    on(stores, replace(lock, scope="AAPL"))

    assert trading_state(breakers(stores), ONE, contract, LATER) is TradingState.REDUCE_ONLY
    assert trading_state(breakers(stores), ONE, AAPL, LATER) is TradingState.ACTIVE
    assert {one.scope for one in breakers(stores)} == {contract.symbol, "AAPL"}


def test_an_account_sees_its_own_breakers_and_those_of_all(stores: Stores) -> None:
    everyone = Trip(ALL_ACCOUNTS, BreakerName.MANUAL, "fire drill", TradingState.HALTED)
    off(stores, LOSS)
    off(stores, replace(LOSS, account_id=TWO))
    off(stores, everyone)

    assert {one.account_id for one in breakers(stores, ONE)} == {ONE, ALL_ACCOUNTS}
    assert len(breakers(stores)) == 3
    assert trading_state(breakers(stores, AccountId("three")), AccountId("three"), None, LATER) is TradingState.HALTED


def test_a_breaker_that_stops_nothing_is_told_all_the_same(stores: Stores) -> None:
    told = off(stores, replace(LOSS, effect=TradingState.ACTIVE))

    assert breakers(stores) == [told]
    assert told.state is BreakerState.TRIPPED
    assert trading_state(breakers(stores), ONE, AAPL, LATER) is TradingState.ACTIVE


def test_a_scope_that_cannot_be_stored_is_refused_aloud(stores: Stores) -> None:
    with pytest.raises(StoreError, match="more than 48 characters"):
        off(stores, replace(LOSS, scope="X" * 60))
    assert breakers(stores) == []


def test_two_that_trip_the_same_breaker_at_once_make_one_event(stores: Stores) -> None:
    start = threading.Barrier(4)

    def go() -> None:
        start.wait()
        off(stores, LOSS)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(breakers(stores)) == 1
    assert history(stores) == [("breaker_tripped", "breaker")]
