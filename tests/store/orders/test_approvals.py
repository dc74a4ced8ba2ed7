"""A question to a person is put once and answered once."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from sql.approvals import Decision, Question, agree, ask, count_wrong_code, decide, read_open
from sql.rows import read_rows
from sql.schema.journal import approval
from tests.databases import Stores
from tests.store.orders.samples import BACKUP, MAIN, NOW, a_key, a_placement
from tests.store.orders.test_placements import keep
from tieout.errors import StoreError
from tieout.ids import AccountId, IntentId

UNTIL = NOW + timedelta(minutes=5)
EVIDENCE = {"why": "above the limit", "numbers": {"worth": "602.5"}}


def asked(stores: Stores, account_id: AccountId = MAIN, later: int = 0) -> IntentId:
    key = a_key(account_id)
    keep(stores, a_placement(key, account_id))
    with stores.journal.write() as connection:
        assert ask(connection, key, EVIDENCE, until=UNTIL + timedelta(seconds=later), now=NOW)
    return key


def open_ones(stores: Stores) -> tuple[Question, ...]:
    with stores.journal.read() as connection:
        return read_open(connection)


def answer(stores: Stores, key: IntentId, decision: Decision, who: str, after: timedelta = timedelta(0)) -> None:
    with stores.journal.write() as connection:
        decide(connection, key, decision, who, NOW + after)


def row_of(stores: Stores, key: IntentId) -> tuple[object, ...]:
    with stores.journal.read() as connection:
        (row,) = read_rows(connection, select(approval).where(approval.c.intent_id == key))
    return row["decision"], row["approver"], row["decided_at"]


def test_a_question_stands_with_its_evidence_until_it_is_answered(stores: Stores) -> None:
    key = asked(stores)
    assert open_ones(stores) == (Question(key, MAIN, NOW.date(), "", NOW, UNTIL, EVIDENCE),)
    answer(stores, key, Decision.APPROVED, "desk")
    assert open_ones(stores) == ()
    assert row_of(stores, key) == ("approved", "desk", NOW)


def test_the_question_that_lapses_first_is_on_top(stores: Stores) -> None:
    second, first = asked(stores, later=9), asked(stores, BACKUP)
    assert [one.intent_id for one in open_ones(stores)] == [first, second]


def test_asking_again_leaves_the_question_as_it_was(stores: Stores) -> None:
    key = asked(stores)
    with stores.journal.write() as connection:
        assert not ask(connection, key, {}, until=UNTIL + timedelta(hours=1), now=NOW)
    assert open_ones(stores)[0].until == UNTIL


@pytest.mark.parametrize("first", list(Decision))
@pytest.mark.parametrize("second", list(Decision))
def test_a_second_answer_is_refused_and_the_first_stands(stores: Stores, first: Decision, second: Decision) -> None:
    key = asked(stores)
    answer(stores, key, first, "desk")
    with pytest.raises(StoreError, match=f"was {first} by desk at 2026-03-02 15:00:00 UTC, and that stands"):
        answer(stores, key, second, "risk")
    assert row_of(stores, key) == (first.value, "desk", NOW)


def test_a_yes_that_comes_too_late_is_refused_and_a_no_is_taken(stores: Stores) -> None:
    key = asked(stores)
    for late in (timedelta(minutes=5), timedelta(days=1)):
        with pytest.raises(StoreError, match="lapsed at 2026-03-02 15:05:00 UTC: silence until then is a no"):
            answer(stores, key, Decision.APPROVED, "desk", late)
        with pytest.raises(StoreError, match="lapsed"), stores.journal.write() as connection:
            agree(connection, key, "desk", NOW + late)
    answer(stores, key, Decision.LAPSED, "nobody", timedelta(minutes=5))
    assert row_of(stores, key)[0] == "lapsed"


def test_what_nobody_asked_cannot_be_answered(stores: Stores) -> None:
    with pytest.raises(StoreError, match="nobody was asked about intent INT-X"):
        answer(stores, IntentId("INT-X"), Decision.APPROVED, "desk")


def test_wrong_codes_are_counted_and_leave_the_question_open(stores: Stores) -> None:
    key = asked(stores)
    with stores.journal.write() as connection:
        assert [count_wrong_code(connection, key) for _ in range(3)] == [1, 2, 3]
    assert open_ones(stores)[0].wrong_codes == 3
    answer(stores, key, Decision.DECLINED, "desk")
    with pytest.raises(StoreError, match="that stands"), stores.journal.write() as connection:
        count_wrong_code(connection, key)


def test_several_people_are_noted_each_once(stores: Stores) -> None:
    key = asked(stores)
    with stores.journal.write() as connection:
        assert agree(connection, key, "desk", NOW) == ("desk",)
        assert agree(connection, key, "desk", NOW) == ("desk",)
        assert agree(connection, key, "risk", NOW) == ("desk", "risk")
    assert open_ones(stores)[0].agreed == ("desk", "risk")


def test_of_two_answers_at_the_same_moment_one_counts(stores: Stores) -> None:
    key = asked(stores)
    start, refused = Barrier(2), []

    def say(decision: Decision) -> None:
        start.wait()
        try:
            answer(stores, key, decision, decision.value)
        except StoreError as error:
            refused.append(str(error))

    threads = [Thread(target=say, args=[one]) for one in (Decision.APPROVED, Decision.DECLINED)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    decision, approver, _ = row_of(stores, key)
    assert decision == approver
