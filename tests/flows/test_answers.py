"""Answers about orders: only a proven approver's yes counts, once, and not while trading is halted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyotp
import pytest

from sql.approvals import ask
from sql.breakers import trip
from sql.placements import append_intent, read_placement
from tasks.clock import wall_clock
from tasks.stores import open_stores
from tasks.trading.answers import Answer, NotProven, give, open_questions
from tests.databases import FileTemplate
from tieout.breakers import BreakerName, TradingState, Trip
from tieout.ids import AccountId, IntentId
from tieout.instruments import equity
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Placement

ACCOUNT = AccountId("alpaca-main")
KEY = intent_id(ACCOUNT, "signal", "one")
FIRST, SECOND = pyotp.random_base32(), pyotp.random_base32()
SETTINGS = """
[accounts.alpaca-main]
broker = "alpaca"
[approvers.desk]
totp = "env:DESK_TOTP"
[approvers.head]
totp = "env:HEAD_TOTP"
up_to = 1000
"""


@pytest.fixture(autouse=True)
def waiting(file_template: FileTemplate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IntentId:
    """A desk with two approvers, and one order worth 181 that waits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESK_TOTP", FIRST)
    monkeypatch.setenv("HEAD_TOTP", SECOND)
    (tmp_path / "tieout.toml").write_text(SETTINGS)
    file_template.copy_to(tmp_path / "data").close()
    put(two_persons=False)
    return KEY


def put(*, two_persons: bool, proposer: str = "momentum") -> None:
    now = datetime.now(UTC)
    order = Order(order_id_of(KEY), equity("KO"), Side.BUY, Decimal(3), OrderType.MARKET, TimeInForce.DAY)
    row = Placement(Intent(KEY, ACCOUNT, order, now.date(), now), OrderState.AWAITING_APPROVAL)
    evidence = {"numbers": {"worth": "181"}, "two_persons": two_persons, "proposer": proposer}
    with open_stores() as stores, stores.journal.write() as journal:
        append_intent(journal, row, (), now=now)
        ask(journal, KEY, evidence, until=now + timedelta(minutes=5), now=now)


def code(secret: str) -> str:
    return pyotp.TOTP(secret).at(wall_clock())


def state() -> OrderState:
    with open_stores() as stores, stores.journal.read() as journal:
        return read_placement(journal, KEY).state


def answer(name: str, digits: str, *, yes: bool = True) -> list[str]:
    with open_stores() as stores:
        return give(stores, Answer(name, digits, yes, (KEY,)))


def test_a_proven_yes_approves_and_the_question_is_closed() -> None:
    assert answer("desk", code(FIRST)) == [f"{KEY}: approved by desk"]
    assert state() is OrderState.APPROVED
    with open_stores() as stores:
        assert open_questions(stores.journal) == ()


def test_a_wrong_code_or_name_leaves_the_question_open_and_is_counted() -> None:
    for name, digits in (("desk", "000000"), ("nobody", code(FIRST)), ("head", code(FIRST))):
        with pytest.raises(NotProven):
            answer(name, digits)

    assert state() is OrderState.AWAITING_APPROVAL
    with open_stores() as stores:
        (question,) = open_questions(stores.journal)
    assert question.wrong_codes == 3


def test_a_code_serves_once() -> None:
    used = code(FIRST)
    answer("desk", used, yes=False)
    assert state() is OrderState.DECLINED

    with pytest.raises(NotProven):
        answer("desk", used)


def test_a_halt_meanwhile_keeps_a_yes_from_counting() -> None:
    with open_stores() as stores, stores.journal.write() as journal:
        trip(journal, Trip(ACCOUNT, BreakerName.DAILY_LOSS, "5 % lost", TradingState.HALTED), datetime.now(UTC))

    (said,) = answer("desk", code(FIRST))

    assert "trading is halted: daily_loss, 5 % lost" in said
    assert state() is OrderState.AWAITING_APPROVAL


def test_an_intent_that_nobody_is_asked_about_is_named() -> None:
    with open_stores() as stores:
        said = give(stores, Answer("desk", code(FIRST), True, (IntentId("INT-0"),)))

    assert said == ["INT-0: nobody is asked about it (any more)"]
