"""Instructions as values: when they can be given, when they are too late, and what a look-up makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.unit.options.table import FRIDAY, THURSDAY, XNYS, ny
from tieout.ids import AccountId
from tieout.instruments import option
from tieout.options.instruction import (
    Choice,
    Instructing,
    Instruction,
    State,
    carried_out_on,
    instruction_id,
    last_hour,
    looked_up,
    sending,
    why_not,
)

CALL, INDEX = option("KO260320C00060000"), option("SPXW260320C05000000")
VENUE = Instructing(frozenset(Choice), whole=True, repeatable=True)
ONCE = replace(VENUE, repeatable=False)
MAIN, TWO = AccountId("alpaca-main"), Decimal(2)


def an_instruction(state: State = State.APPROVED, choice: Choice = Choice.EXERCISE) -> Instruction:
    key = instruction_id(MAIN, choice, CALL.symbol, FRIDAY, TWO)
    until = ny(FRIDAY, 16)
    return Instruction(key, MAIN, CALL, choice, TWO, FRIDAY, until, "who says so", "desk", "why", ny(FRIDAY, 10), state)


@pytest.mark.parametrize(
    ("broker", "choice", "expected"),
    [
        ("alpaca", Choice.DO_NOT_EXERCISE, ny(FRIDAY, 16)),
        ("alpaca", Choice.EXERCISE, ny(FRIDAY, 16)),
        ("ibkr", Choice.DO_NOT_EXERCISE, ny(FRIDAY, 16, 25)),
        ("another", Choice.EXERCISE, ny(FRIDAY, 17, 30)),
    ],
)
def test_the_last_hour_is_the_brokers_own_and_says_who_states_it(broker: str, choice: Choice, expected: object) -> None:
    found = last_hour(CALL, choice, broker, XNYS, FRIDAY)
    assert found is not None
    assert found[0] == expected
    assert found[1]


def test_on_an_earlier_session_the_hour_stands_as_far_from_its_close() -> None:
    half_day = date(2026, 11, 27)
    later = option("KO261218C00060000")
    found = last_hour(later, Choice.EXERCISE, "another", XNYS, half_day)
    assert found is not None
    assert found[0] == ny(half_day, 14, 30)


def test_what_is_settled_in_cash_takes_no_instruction() -> None:
    assert last_hour(INDEX, Choice.EXERCISE, "alpaca", XNYS, FRIDAY) is None
    assert "settled in cash" in why_not(INDEX, TWO, TWO, VENUE, Choice.EXERCISE)


def test_an_exercise_is_for_today_and_not_exercising_for_the_expiration() -> None:
    at = ny(THURSDAY, 11)
    assert carried_out_on(CALL, Choice.EXERCISE, XNYS, at) == THURSDAY
    assert carried_out_on(CALL, Choice.DO_NOT_EXERCISE, XNYS, at) == FRIDAY


@pytest.mark.parametrize(
    ("held", "contracts", "venue", "why"),
    [
        ("2", "2", VENUE, ""),
        ("-2", "2", VENUE, "no long position"),
        ("2", "3", VENUE, "3 of 2"),
        ("2", "1", VENUE, "whole position"),
        ("2", "1", replace(VENUE, whole=False), ""),
        ("2", "2", None, "in person"),
        ("2", "2", replace(VENUE, choices=frozenset({Choice.DO_NOT_EXERCISE})), "in person"),
    ],
)
def test_why_an_instruction_cannot_be_given(held: str, contracts: str, venue: Instructing | None, why: str) -> None:
    found = why_not(CALL, Decimal(held), Decimal(contracts), venue, Choice.EXERCISE)
    assert why in found
    assert bool(found) is bool(why)


def test_it_is_sent_before_the_last_hour_and_lapses_at_it() -> None:
    one = an_instruction()
    sent = sending(one, one.until - timedelta(seconds=1))
    assert (sent.state, sent.told) == (State.SENDING, 1)
    over = sending(one, one.until)
    assert (over.state, over.told) == (State.LAPSED, 0)
    assert "who says so" in over.words


@pytest.mark.parametrize("state", [one for one in State if one is not State.APPROVED])
def test_nothing_but_what_was_approved_is_sent(state: State) -> None:
    with pytest.raises(ValueError, match="cannot be told"):
        sending(an_instruction(state), ny(FRIDAY, 10))


def test_a_look_up_closes_it_or_lets_it_be_told_again_only_where_that_cannot_do_it_twice() -> None:
    lost = an_instruction(State.UNKNOWN)
    assert looked_up(lost, "it stands", VENUE).state is State.ACCEPTED
    assert looked_up(lost, None, VENUE).state is State.APPROVED
    assert looked_up(lost, None, ONCE).state is State.UNKNOWN


def test_the_same_decision_has_one_id_and_another_attempt_another() -> None:
    same = instruction_id(MAIN, Choice.EXERCISE, CALL.symbol, FRIDAY, Decimal("2.0"))
    assert same == an_instruction().instruction_id
    assert instruction_id(MAIN, Choice.EXERCISE, CALL.symbol, FRIDAY, TWO, 1) != same


def test_contracts_count_up_from_zero() -> None:
    with pytest.raises(ValueError, match="count up"):
        replace(an_instruction(), contracts=Decimal(0))
