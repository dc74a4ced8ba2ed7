from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sql.records import (
    Appended,
    append_activities,
    append_executions,
    instrument_ids,
    last_seq,
    read_instruments,
    read_records,
    record_account,
)
from tests.databases import Stores
from tests.store.examples import (
    AAPL,
    ACCOUNT,
    EVENING,
    FRIDAY,
    MSFT,
    NEXT_EVENING,
    PUT,
    SESSIONS,
    THURSDAY,
    TUESDAY,
    a_dividend,
    a_fill,
    an_account,
    cash,
)
from tieout.errors import StoreError
from tieout.ids import AccountId
from tieout.instruments import Instrument, cfd, crypto, equity, forex, future, perpetual
from tieout.ledger.types import JournalRecord
from tieout.records import Activity, Execution, RecordStatus


def fill(stores: Stores, *executions: Execution, account: str = ACCOUNT, now: Any = EVENING) -> Appended:
    with stores.journal.write() as connection:
        return append_executions(connection, AccountId(account), executions, sessions=SESSIONS, source="order", now=now)


def happen(stores: Stores, *activities: Activity, now: Any = EVENING) -> Appended:
    with stores.journal.write() as connection:
        return append_activities(
            connection, ACCOUNT, activities, sessions=SESSIONS, source="statement", evidence={"row": 1}, now=now
        )


def records(stores: Stores, after: int = 0, until: int | None = None) -> list[JournalRecord]:
    with stores.journal.read() as connection:
        return read_records(connection, ACCOUNT, after, until)


def test_records_come_back_in_the_order_they_were_appended(stores: Stores) -> None:
    assert fill(stores, a_fill("e-1"), a_fill("e-2", PUT)) == Appended(2, 0, 2)
    assert happen(stores, cash("1000"), a_dividend()) == Appended(2, 0, 4)
    assert fill(stores, a_fill("e-3", MSFT)) == Appended(1, 0, 5)
    found = records(stores)
    assert [record.seq for record in found] == [1, 2, 3, 4, 5]
    assert found[0].record == a_fill("e-1")
    assert found[1].record == a_fill("e-2", PUT)
    assert found[3].record == a_dividend()
    assert [record.seq for record in records(stores, 1, 3)] == [2, 3]


def test_records_are_placed_in_their_session_with_its_settlement_date(stores: Stores) -> None:
    fill(stores, a_fill("e-1"), a_fill("e-2", executed_at=EVENING + timedelta(days=2)))
    first, weekend = records(stores)
    assert (first.business_date, first.settles_on) == (THURSDAY, FRIDAY)
    assert weekend.business_date == TUESDAY


def test_the_same_record_again_changes_nothing(stores: Stores) -> None:
    fill(stores, a_fill("e-1"), a_fill("e-2"))
    before = records(stores)
    assert fill(stores, a_fill("e-2"), a_fill("e-1"), a_fill("e-1")) == Appended(0, 3, 2)
    assert records(stores) == before


def test_the_same_id_twice_in_one_call_is_one_record(stores: Stores) -> None:
    assert fill(stores, a_fill("e-1"), a_fill("e-1")) == Appended(1, 1, 1)


def test_each_account_has_its_own_sequence(stores: Stores) -> None:
    fill(stores, a_fill("e-1"))
    assert fill(stores, a_fill("e-1"), account="other") == Appended(1, 0, 1)
    with stores.journal.read() as connection:
        assert last_seq(connection, ACCOUNT) == 1
        assert last_seq(connection, AccountId("never-seen")) == 0


def test_the_same_id_with_another_content_is_refused_and_both_are_named(stores: Stores) -> None:
    fill(stores, a_fill("e-1"))
    with pytest.raises(StoreError, match=r"e-1.*price=150\.25.*price=151") as refused:
        fill(stores, a_fill("e-0"), a_fill("e-1", price=Decimal(151)))
    assert "without being marked as a correction" in str(refused.value)
    assert len(records(stores)) == 1


def test_the_same_id_on_another_day_is_refused(stores: Stores) -> None:
    fill(stores, a_fill("e-1"))
    with pytest.raises(StoreError, match="2026-01-15 and came again for 2026-01-16"):
        fill(stores, a_fill("e-1", executed_at=NEXT_EVENING))


def test_a_correction_takes_the_earlier_record_back_and_books_the_new_one_today(stores: Stores) -> None:
    corrected = a_fill("e-1", price=Decimal("150.20"), status=RecordStatus.CORRECTED)
    fill(stores, a_fill("e-1"))
    assert fill(stores, corrected, now=NEXT_EVENING) == Appended(1, 0, 3)
    original, taken_back, new = records(stores)
    assert (taken_back.seq, taken_back.reverses, taken_back.record) == (2, True, original.record)
    assert (new.seq, new.reverses, new.record) == (3, False, corrected)
    assert (original.business_date, taken_back.business_date, new.business_date) == (THURSDAY, FRIDAY, FRIDAY)
    assert [record.seq for record in records(stores, 0, 2)] == [1, 2]
    assert [record.seq for record in records(stores, 2)] == [3]


def test_a_correction_again_changes_nothing_and_neither_does_its_original(stores: Stores) -> None:
    corrected = a_fill("e-1", price=Decimal("150.20"), status=RecordStatus.CORRECTED)
    fill(stores, a_fill("e-1"), corrected)
    assert fill(stores, a_fill("e-1"), corrected, now=NEXT_EVENING) == Appended(0, 2, 3)


def test_a_bust_takes_the_record_back(stores: Stores) -> None:
    fill(stores, a_fill("e-1"))
    assert fill(stores, a_fill("e-1", status=RecordStatus.CANCELLED)) == Appended(1, 0, 2)
    original, taken_back = records(stores)
    assert taken_back.reverses
    assert taken_back.record == original.record


def test_a_bust_may_come_before_its_record_and_leaves_nothing_standing(stores: Stores) -> None:
    assert fill(stores, a_fill("e-1", status=RecordStatus.CANCELLED)) == Appended(1, 0, 1)
    assert fill(stores, a_fill("e-1")) == Appended(0, 1, 1)
    assert records(stores) == []


def test_a_corrected_record_stands_again_after_a_bust(stores: Stores) -> None:
    bust = a_fill("e-1", status=RecordStatus.CANCELLED)
    again = a_fill("e-1", quantity=Decimal(9), status=RecordStatus.CORRECTED)
    fill(stores, a_fill("e-1"), bust, again)
    assert [(record.seq, record.reverses) for record in records(stores)] == [(1, False), (2, True), (3, False)]


def test_activities_know_corrections_too(stores: Stores) -> None:
    happen(stores, a_dividend())
    corrected = a_dividend(amount=Decimal("2.50"), status=RecordStatus.CORRECTED)
    assert happen(stores, corrected, now=NEXT_EVENING) == Appended(1, 0, 3)
    assert [record.reverses for record in records(stores)] == [False, True, False]


def test_each_record_may_bring_its_own_evidence(stores: Stores) -> None:
    with stores.journal.write() as connection:
        append_executions(
            connection,
            ACCOUNT,
            [a_fill("e-1")],
            sessions=SESSIONS,
            source="import",
            evidence=lambda record: {"line": record.execution_id},
            now=EVENING,
        )
    assert len(records(stores)) == 1


def test_an_error_in_the_block_leaves_no_record_and_no_gap(stores: Stores) -> None:
    def fail_half_way() -> None:
        with stores.journal.write() as connection:
            append_executions(connection, ACCOUNT, [a_fill()], sessions=SESSIONS, source="order", now=EVENING)
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        fail_half_way()
    assert fill(stores, a_fill("e-2")) == Appended(1, 0, 1)


INSTRUMENTS = [
    AAPL,
    PUT,
    crypto("BTC"),
    perpetual("BTC", "USDT", "USDT"),
    future("ES", FRIDAY, Decimal(50)),
    forex("EUR", "USD"),
    cfd("US500", multiplier=Decimal("0.1")),
    equity("BRK.B"),
]


def test_instruments_keep_every_field_and_their_key(stores: Stores) -> None:
    with stores.journal.write() as connection:
        ids = instrument_ids(connection, INSTRUMENTS)
    with stores.journal.write() as connection:
        again = instrument_ids(connection, [*reversed(INSTRUMENTS), MSFT])
        assert read_instruments(connection, ids.values()) == {ids[one.symbol]: one for one in INSTRUMENTS}
        assert set(read_instruments(connection).values()) == {*INSTRUMENTS, MSFT}
    assert {symbol: again[symbol] for symbol in ids} == ids
    assert len(set(again.values())) == len(again)


def test_more_instruments_than_one_list_takes_are_found(stores: Stores) -> None:
    many = [equity(f"S{number}") for number in range(1_203)]
    with stores.journal.write() as connection:
        ids = instrument_ids(connection, many)
        assert len(set(ids.values())) == len(many)
        assert instrument_ids(connection, many) == ids


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (replace(PUT, multiplier=Decimal(10)), "multiplier 100, now it came with 10"),
        (replace(AAPL, currency="EUR"), "currency USD, now it came with EUR"),
        (forex("BTC", "USD"), "asset_class crypto, now it came with forex"),
    ],
)
def test_a_symbol_that_comes_as_another_instrument_is_refused(stores: Stores, given: Instrument, says: str) -> None:
    with stores.journal.write() as connection:
        instrument_ids(connection, INSTRUMENTS)
    with stores.journal.write() as connection, pytest.raises(StoreError, match=says):
        instrument_ids(connection, [given])


def test_an_account_is_written_down_as_configured_last(stores: Stores) -> None:
    with stores.journal.write() as connection:
        record_account(connection, an_account())
        record_account(connection, an_account(base_currency="EUR"))
