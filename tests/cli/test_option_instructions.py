"""The word of an option's holder from the command line: agreed to by a person, told to the real wire exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyotp
import pytest

from simulator.account import SimulatedAccount
from simulator.exercise import Choice
from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import Reset, Status
from simulator.protocols.native import NativeFace
from simulator.venue import SimulatedVenue
from sql.placements import append_intent
from tasks.clock import wall_clock
from tests.cli.conftest import Desk
from tests.databases import FileTemplate, open_stores
from tests.simulation.options.evening import CALL, FRI, NEXT_WED, THU, WEEKLY, an_evening, holding, new_york, units
from tieout.ids import AccountId
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Placement

SECRETS = {name: pyotp.random_base32() for name in ("desk", "head")}
PEOPLE = "".join(f'[approvers.{name}]\ntotp = "env:{name.upper()}_TOTP"\nrole = "approver"\n' for name in SECRETS)
STATES = ("awaiting_approval", "approved", "sending", "accepted")
TWO = "[agreement]\ninstruct = 2\n"
WANTS = ("--account", "alpaca-main", "--by", "desk", "--reason", "the shares are not wanted")
MAIN = AccountId("alpaca-main")
COMPACT = CALL.symbol.replace(" ", "")
PATH = f"/v2/positions/{COMPACT}/do-not-exercise"


@dataclass(frozen=True, slots=True)
class Counter:
    """A desk beside a venue whose account is long two calls, on Thursday at noon."""

    desk: Desk
    venue: SimulatedVenue
    account: SimulatedAccount
    face: AlpacaFace
    monkeypatch: pytest.MonkeyPatch

    def until(self, moment: datetime) -> None:
        """Let the venue's time and the desk's go on together."""
        self.venue.advance(moment)
        self.monkeypatch.setenv("TIEOUT_NOW", moment.isoformat())

    def instruct(self, choice: str = "do-not-exercise", symbol: str = CALL.symbol, *more: str, expect: int = 0) -> Any:
        """By hand, with the code of the one person who must agree."""
        words = ("options", "instruct", choice, symbol, *WANTS, "--code", code(), *more)
        return self.desk(*words, expect=expect) if expect else self.desk.json(*words)

    def rows(self, *more: str) -> list[dict[str, Any]]:
        """`tieout options instructions`."""
        found: list[dict[str, Any]] = self.desk.json("options", "instructions", *more)
        return found

    def told(self) -> int:
        """How often the venue was told, whatever it made of it."""
        return sum(one.method == "POST" and "/positions/" in one.path for one in self.face.log)

    def actions(self, kind: str = "instruction") -> list[str]:
        """Of the audit trail."""
        return [one["action"] for one in self.desk.json("audit", "show") if one["action"].split(".")[0] == kind]


def code(who: str = "desk", steps: int = 0) -> str:
    """A code serves once: the second one of a test is of the next half minute."""
    return pyotp.TOTP(SECRETS[who]).at(wall_clock(), counter_offset=steps)


def works(counter: Counter) -> None:
    """An order of ours for the call that the venue has."""
    key = intent_id(MAIN, "test")
    order = Order(order_id_of(key), CALL, Side.SELL, Decimal(2), OrderType.LIMIT, TimeInForce.DAY, Decimal(9))
    placed = Placement(Intent(key, MAIN, order, THU, new_york(THU, "11:00")), OrderState.WORKING)
    stores = open_stores(*FileTemplate.urls(counter.desk.folder / "data"))
    with stores.journal.write() as journal:
        append_intent(journal, placed, (), now=new_york(THU, "11:00"))
    stores.close()


@pytest.fixture
def counter(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    for name, secret in SECRETS.items():
        monkeypatch.setenv(f"{name.upper()}_TOTP", secret)
    monkeypatch.setenv("ALPACA_API_KEY", "PKTEST1")
    monkeypatch.setenv("ALPACA_API_SECRET", "test-secret")
    venue = an_evening("62")
    account = holding(venue, (CALL, "2"), (WEEKLY, "1"))
    with AlpacaFace(venue) as face:
        desk.configure(face.base_url, PEOPLE)
        made = Counter(desk, venue, account, face, monkeypatch)
        made.until(new_york(THU, "12:00"))
        yield made


def test_it_is_written_down_before_it_is_told_and_told_once(counter: Counter) -> None:
    told = counter.instruct()
    assert (told["state"], told["told"], counter.told()) == ("accepted", 1, 1)
    assert counter.account.instructions.standing(CALL.symbol, FRI).choice is Choice.DO_NOT_EXERCISE  # type: ignore[union-attr]
    assert counter.actions() == [
        f"instruction.{one}" for one in ("awaiting_approval", "approved", "sending", "accepted")
    ]
    sent = [one["action"] for one in counter.desk.json("audit", "show")]
    assert sent.index("instruction.sending") < sent.index("instruction.accepted")

    counter.until(new_york(NEXT_WED, "09:00"))  # a worthless expiry of a Friday is shown late
    assert not {CALL.symbol, "KO"} & set(units(counter.account))
    assert counter.rows("--send")[0]["state"] == "accepted"
    assert counter.told() == 1


def test_wanting_the_same_again_is_the_same_instruction(counter: Counter) -> None:
    counter.instruct()
    again = counter.desk("options", "instruct", "do-not-exercise", COMPACT, *WANTS, "--code", code(steps=1))
    assert "already" in again.stdout
    assert (len(counter.rows()), counter.told()) == (1, 1)


def test_after_the_brokers_last_hour_it_is_refused_with_the_reason(counter: Counter) -> None:
    counter.until(new_york(FRI, "16:01"))
    said = counter.instruct(expect=1).stderr
    assert "2026-01-16 21:00 UTC" in said
    assert "alpaca.markets/support" in said
    assert (counter.told(), counter.rows()) == (0, [])


@pytest.mark.parametrize(
    ("choice", "symbol", "more", "why"),
    [
        ("exercise", WEEKLY.symbol, (), "settled in cash"),
        ("exercise", CALL.symbol, ("--contracts", "1"), "the whole position only"),
        ("exercise", CALL.symbol, ("--contracts", "3"), "3 of 2 contracts"),
        ("exercise", "KO260220C00050000", (), "no position"),
    ],
)
def test_what_cannot_be_instructed_is_refused_before_anybody_is_asked(
    counter: Counter, choice: str, symbol: str, more: tuple[str, ...], why: str
) -> None:
    assert why in counter.instruct(choice, symbol, *more, expect=1).stderr
    assert (counter.told(), counter.rows(), counter.desk.json("approve")) == (0, [], [])


def test_a_lost_answer_is_looked_up_before_it_is_told_again(counter: Counter) -> None:
    counter.face.faults.add(Reset(booked=True), PATH, "POST")
    told = counter.instruct()
    assert (told["state"], counter.told()) == ("unknown", 1)

    (row,) = counter.rows("--send")
    assert (row["state"], row["told"], counter.told()) == ("accepted", 2, 2)
    asked = [(one.method, one.path) for one in counter.face.log]
    posts = [place for place, one in enumerate(asked) if one == ("POST", PATH)]
    assert ("GET", f"/v2/positions/{COMPACT}") in asked[posts[0] : posts[1]]
    assert counter.rows("--send")[0]["told"] == 2


def test_what_was_done_of_an_exercise_without_an_answer_is_never_told_again(counter: Counter) -> None:
    counter.face.faults.add(Reset(booked=True), f"/v2/positions/{COMPACT}/exercise", "POST")
    assert counter.instruct("exercise")["state"] == "unknown"
    counter.until(new_york(FRI, "09:00"))
    (row,) = counter.rows("--send")
    assert (row["state"], counter.told()) == ("accepted", 1)
    assert "exercised: activity" in row["words"]
    assert units(counter.account)["KO"] == 200


def test_a_look_up_that_fails_leaves_it_unknown_and_untold(counter: Counter) -> None:
    counter.face.faults.add(Reset(), PATH, "POST")
    counter.instruct()
    counter.face.faults.add(Status(500), f"/v2/positions/{COMPACT}")
    (row,) = counter.rows("--send")
    assert (row["state"], counter.told()) == ("unknown", 1)
    assert counter.rows("--send")[0]["state"] == "accepted"


def test_the_venues_no_is_final(counter: Counter) -> None:
    refusal = Status(422, b'{"code":42210000,"message":"not eligible"}')
    counter.face.faults.add(refusal, PATH, "POST")
    told = counter.instruct()
    assert (told["state"], counter.told()) == ("rejected", 1)
    assert "not eligible" in told["words"]
    counter.rows("--send")
    assert counter.told() == 1


def test_an_order_that_may_take_the_contracts_away_holds_it_back(counter: Counter) -> None:
    works(counter)
    told = counter.instruct()
    assert (told["state"], counter.told()) == ("approved", 0)
    assert "cancel it first" in told["words"]


def test_two_people_where_the_settings_say_so_and_a_no_of_the_second_ends_it(counter: Counter) -> None:
    counter.desk.configure(counter.face.base_url, PEOPLE + TWO)
    assert counter.instruct("exercise")["waits"]
    (asked,) = counter.desk.json("approve")
    assert "exercise 2 KO" in asked["order"]
    assert (counter.rows()[0]["state"], counter.told()) == ("awaiting_approval", 0)
    counter.desk("approve", asked["intent"], "--by", "head", "--code", code("head"), "--decline")
    assert (counter.rows()[0]["state"], counter.told()) == ("declined", 0)

    waits = counter.desk("options", "instruct", "exercise", COMPACT, *WANTS, "--code", code(steps=1))
    assert "1 more person must agree" in waits.stdout
    (again,) = counter.desk.json("approve")
    assert again["intent"] != asked["intent"]
    counter.desk("approve", again["intent"], "--by", "head", "--code", code("head", 1))
    assert sorted(one["state"] for one in counter.rows()) == ["accepted", "declined"]
    assert counter.told() == 1


def test_silence_until_the_last_hour_is_a_no(counter: Counter) -> None:
    counter.desk.configure(counter.face.base_url, PEOPLE + TWO)
    counter.instruct()
    counter.until(new_york(FRI, "16:30"))
    (row,) = counter.rows("--send")
    assert (row["state"], counter.told()) == ("lapsed", 0)


def test_real_money_needs_the_second_switch(counter: Counter) -> None:
    counter.desk.configure(counter.face.base_url, PEOPLE + TWO)
    counter.instruct()
    (asked,) = counter.desk.json("approve")
    table = (counter.desk.folder / "tieout.toml").read_text()
    live = table.replace('mode = "paper"', 'mode = "live"\nlive_enabled = true')
    (counter.desk.folder / "tieout.toml").write_text(live)
    said = counter.desk("approve", asked["intent"], "--by", "head", "--code", code("head")).stdout
    assert "live trading is not enabled for this run (--live)" in said
    assert (counter.rows()[0]["state"], counter.told()) == ("approved", 0)


def test_the_paper_broker_lists_what_stands_so_that_a_lost_answer_is_not_told_again(counter: Counter) -> None:
    with NativeFace(counter.venue) as face:
        table = (counter.desk.folder / "tieout.toml").read_text()
        table = table.replace(counter.face.base_url, face.base_url).replace('"alpaca"', '"paper"')
        (counter.desk.folder / "tieout.toml").write_text(table.replace("env:ALPACA", "env:PAPER"))
        counter.monkeypatch.setenv("PAPER_API_KEY", "PKTEST1")
        counter.monkeypatch.setenv("PAPER_API_SECRET", "test-secret")
        face.faults.add(Reset(booked=True), "/v1/instructions", "POST")
        told = counter.instruct("do-not-exercise", CALL.symbol, "--contracts", "1")
        assert told["state"] == "unknown"
        (row,) = counter.rows("--send")
        assert (row["state"], row["told"]) == ("accepted", 1)
        assert sum(one.method == "POST" for one in face.log) == 1
