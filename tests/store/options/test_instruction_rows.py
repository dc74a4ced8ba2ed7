"""Instructions in the journal: once, from one version to the next, each step audited; one answer to one position."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sql.acts import ask as ask_people
from sql.acts import lock_act
from sql.approvals import ask, read_open
from sql.audit import Wanted
from sql.audit import read_events as read_audit
from sql.options.instructions import (
    act_of,
    append_instruction,
    lock_instruction,
    read_instructions,
    save_instruction,
)
from sql.placements import read_placement
from tasks.options.alternatives import withdraw, withdraw_others
from tests.databases import Stores
from tests.store.orders.samples import CALL, MAIN, a_key, a_placement
from tests.store.orders.test_placements import keep
from tieout.acts import Act, ActState
from tieout.agreement import ActKind
from tieout.errors import StoreError
from tieout.ids import IntentId
from tieout.options.instruction import Choice, Instruction, State, instruction_id
from tieout.orders import OrderState

NOW = datetime(2026, 3, 6, 18, 30, tzinfo=UTC)
UNTIL = NOW + timedelta(hours=2, minutes=30)
TWO = Decimal(2)


def an_instruction(choice: Choice = Choice.EXERCISE) -> Instruction:
    key = instruction_id(MAIN, choice, CALL.symbol, NOW.date(), TWO)
    return Instruction(key, MAIN, CALL, choice, TWO, NOW.date(), UNTIL, "the broker", "options", "at its strike", NOW)


def put(stores: Stores, one: Instruction) -> bool:
    terms = {"instruction_id": one.instruction_id}
    with stores.journal.write() as journal:
        if not append_instruction(journal, one, NOW):
            return False
        act = Act(act_of(one.instruction_id), ActKind.INSTRUCT, one.says, terms, "options", one.why, 1, NOW, UNTIL)
        ask_people(journal, act)
    return True


def stands(stores: Stores, one: Instruction) -> Instruction:
    with stores.journal.write() as journal:
        found = lock_instruction(journal, one.instruction_id)
    assert found is not None
    return found


def proposed(stores: Stores, **evidence: object) -> IntentId:
    key = a_key()
    keep(stores, a_placement(key, state=OrderState.AWAITING_APPROVAL))
    with stores.journal.write() as journal:
        ask(journal, key, {"position": CALL.symbol, **evidence}, until=UNTIL, now=NOW)
    return key


def test_it_is_written_down_once_and_read_back_as_it_was(stores: Stores) -> None:
    one = an_instruction()
    assert (put(stores, one), put(stores, one)) == (True, False)
    assert stands(stores, one) == one
    with stores.journal.read() as journal:
        assert read_instructions(journal, MAIN, {State.APPROVED}) == []
        assert read_instructions(journal, MAIN, {State.AWAITING_APPROVAL}) == [one]


def test_it_changes_from_the_version_that_was_read_only(stores: Stores) -> None:
    one = an_instruction()
    put(stores, one)
    with stores.journal.write() as journal:
        after = save_instruction(journal, replace(one, state=State.APPROVED, words="by desk"), "desk", NOW)
    with pytest.raises(StoreError, match="same moment"), stores.journal.write() as journal:
        save_instruction(journal, replace(one, state=State.DECLINED), "head", NOW)
    assert stands(stores, one) == after
    with stores.journal.read() as journal:
        steps = [(event.action, event.actor) for event in read_audit(journal, Wanted(action="instruction"))]
    assert steps == [("instruction.awaiting_approval", "options"), ("instruction.approved", "desk")]


def test_a_yes_to_one_answer_takes_the_others_to_its_position_away(stores: Stores) -> None:
    other, close, roll = an_instruction(), proposed(stores), proposed(stores)
    elsewhere = proposed(stores, position="another")
    put(stores, other)
    with stores.journal.write() as journal:
        question = next(one for one in read_open(journal) if one.intent_id == close)
        gone = withdraw_others(journal, question, "desk", NOW)
    assert set(gone) == {roll, other.instruction_id}
    with stores.journal.write() as journal:
        states = {key: read_placement(journal, key).state for key in (close, roll, elsewhere)}
        act = lock_act(journal, act_of(other.instruction_id))
    waits = OrderState.AWAITING_APPROVAL
    assert states == {close: waits, roll: OrderState.DECLINED, elsewhere: waits}
    assert (stands(stores, other).state, act.state) == (State.DECLINED, ActState.DECLINED)


def test_what_belongs_together_stays_together(stores: Stores) -> None:
    close = proposed(stores)
    opening = proposed(stores, beside=close)
    with stores.journal.write() as journal:
        questions = {one.intent_id: one for one in read_open(journal)}
        assert withdraw_others(journal, questions[close], "desk", NOW) == []
        assert withdraw_others(journal, questions[opening], "desk", NOW) == []


def test_a_yes_to_an_instruction_takes_orders_and_the_other_instruction_away(stores: Stores) -> None:
    close, lapse, exercise = proposed(stores), an_instruction(Choice.DO_NOT_EXERCISE), an_instruction()
    put(stores, lapse)
    put(stores, exercise)
    name = lapse.instruction_id
    with stores.journal.write() as journal:
        assert set(withdraw(journal, MAIN, CALL.symbol, {name}, name, "desk", NOW)) == {close, exercise.instruction_id}
    assert stands(stores, lapse).state is State.AWAITING_APPROVAL
