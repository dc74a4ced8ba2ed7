"""Options from forecast to book, on a real Prefect server against the Alpaca face: three sessions of a short put."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from typer.testing import CliRunner

from simulator.policy import ALPACA, ALPACA_SILENT
from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import Reset
from tests.contract.world import World, a_world
from tests.flows.channel import Channel
from tests.flows.conftest import FlowDesk
from tests.simulation.world import LONG_AGO, steps
from tieout.instruments import Instrument, option

if TYPE_CHECKING:
    from prefect.client.schemas.objects import Artifact, State

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
ALERTS = '[alerts]\ncritical = ["env:CHANNEL"]\nwarning = ["env:CHANNEL"]\ninfo = ["env:CHANNEL"]\n'
MONDAY_CLOSE = datetime(2026, 3, 2, 21, 5, tzinfo=UTC)
THURSDAY_OPEN = datetime(2026, 3, 5, 14, 31, tzinfo=UTC)
THURSDAY = datetime(2026, 3, 5, 16, 0, tzinfo=UTC)
THURSDAY_CLOSE = datetime(2026, 3, 5, 21, 5, tzinfo=UTC)
FRIDAY_EVENING = datetime(2026, 3, 6, 21, 45, tzinfo=UTC)
FRIDAY_DECIDE = datetime(2026, 3, 6, 18, 30, tzinfo=UTC)  # 13:30 in New York
NEXT_MORNING = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)  # 08:00 in New York, summer time
TUESDAY_MORNING = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
NEXT_CLOSE = datetime(2026, 3, 9, 20, 45, tzinfo=UTC)
PUT = "KO    260306P00050000"
DECIDER = pyotp.random_base32()
PERSON = '[approvers.desk]\ntotp = "env:DESK_TOTP"\nrole = "approver"\n'


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """The venue on Monday after the close; KO falls through the strike of the short put on Thursday."""
    policy = getattr(request, "param", ALPACA)
    made = a_world(ko=steps((LONG_AGO, "60.25"), (THURSDAY_OPEN, "49.30")), policy=policy)
    made.clock.advance_to(MONDAY_CLOSE)
    return made


@pytest.fixture
def desk(opened: FlowDesk, channel: Channel, monkeypatch: pytest.MonkeyPatch) -> FlowDesk:
    """A desk that tells a channel, with Monday's close done."""
    monkeypatch.setenv("CHANNEL", channel.url)
    opened.configure(opened.more + ALERTS)
    opened.close()
    return opened


@pytest.fixture
def until(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Let the venue's time and the desk's go on together."""

    def go(moment: datetime) -> None:
        world.venue.advance(moment)
        monkeypatch.setenv("TIEOUT_NOW", moment.isoformat())

    return go


def expiration(**parameters: Any) -> State[Any]:
    from flows.options_expiration import options_expiration

    return options_expiration(**parameters, return_state=True)


def assignment(**parameters: Any) -> State[Any]:
    from flows.assignment_check import assignment_check

    return assignment_check(**parameters, return_state=True)


def tieout(*words: str) -> str:
    from flows.cli.main import app

    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.output


def test_a_short_put_is_forecast_reserved_assigned_booked_and_ties_out(
    desk: FlowDesk,
    face: AlpacaFace,
    until: Callable[[datetime], None],
    channel: Channel,
    artifacts: Callable[[State[Any]], dict[str, Artifact]],
) -> None:
    until(THURSDAY)
    channel.messages.clear()
    state = expiration()
    assert (state.name, state.is_completed()) == ("Forecast", True), state.message
    (forecast,) = desk.journal_rows("SELECT likelihood, moment, cash FROM option_forecast")
    assert (forecast["likelihood"], forecast["moment"]) == ("likely", "forecast")
    (kept,) = desk.journal_rows("SELECT amount, until, released_at FROM option_reservation")
    assert (str(kept["amount"]), str(kept["until"]), kept["released_at"]) == ("5000", "2026-03-09", None)
    proposed = desk.journal_rows("SELECT state, side, quantity FROM intent")  # close, and roll
    assert [(one["state"], one["side"], str(one["quantity"])) for one in proposed] == [
        ("awaiting_approval", "buy", "1")
    ] * 2
    assert {"options-forecast", "options-suggestions", "options-calendar"} <= set(artifacts(state))
    assert "left" in channel.messages[-1]["message"]
    assert list((desk.folder / "data" / "out" / "reports").glob("options-*.html"))

    until(THURSDAY_CLOSE)
    assert desk.close().name == "Tied out"
    until(FRIDAY_DECIDE)
    assert expiration().name == "Decide"
    until(FRIDAY_EVENING)
    assert expiration().name == "Expect"
    assert (
        desk.journal_rows("SELECT likelihood FROM option_forecast ORDER BY forecast_id")[-1]["likelihood"] == "certain"
    )
    assert desk.close().name == "Tied out"

    until(NEXT_MORNING)
    state = assignment()
    assert (state.name, state.is_completed()) == ("Proven", True), state.message
    (event,) = desk.journal_rows("SELECT outcome, basis, state, words FROM option_event")
    assert (event["outcome"], event["basis"], event["state"]) == ("assigned", "record", "confirmed")
    (kept,) = desk.journal_rows("SELECT released_at FROM option_reservation")
    assert kept["released_at"] is not None
    assert assignment().name in {"Proven", "Nothing ended"}
    assert len(desk.journal_rows("SELECT * FROM activity WHERE source = 'assignment'")) == 2

    until(NEXT_CLOSE)
    closed = desk.close()
    assert closed.name == "Tied out", closed.message
    assert desk.journal_rows("SELECT * FROM break_case WHERE state = 'open'") == []

    told = tieout("explain", "position", PUT)
    for words in ("Forecasts", "certain", "Cash kept", "Option events", "assigned", "What they brought", "KO"):
        assert words in told
    shares = tieout("explain", "position", "KO")
    for words in ("premium", "-120", "Option events", "assigned"):
        assert words in shares
    assert "assigned" in tieout("options", "--days", "5")


@pytest.mark.parametrize("world", [ALPACA_SILENT], indirect=True)
def test_without_a_row_the_figures_book_once_the_rows_had_their_time(
    desk: FlowDesk, until: Callable[[datetime], None]
) -> None:
    until(FRIDAY_DECIDE)
    expiration()

    until(NEXT_MORNING)
    state = assignment()
    assert (state.name, state.is_completed()) == ("Breaks open", True), state.message
    (event,) = desk.journal_rows("SELECT basis, state FROM option_event")
    assert (event["basis"], event["state"]) == ("algebra", "waiting")
    assert desk.journal_rows("SELECT * FROM activity WHERE source = 'assignment'") == []

    until(TUESDAY_MORNING)
    assert assignment().name == "Proven"
    (event,) = desk.journal_rows("SELECT basis, state FROM option_event")
    assert (event["basis"], event["state"]) == ("algebra", "confirmed")
    assert len(desk.journal_rows("SELECT * FROM activity WHERE source = 'assignment'")) == 2
    assert desk.journal_rows("SELECT * FROM break_case WHERE state = 'open'") == []


def test_one_position_has_one_answer_and_a_roll_is_one_order_of_two_legs(
    desk: FlowDesk, until: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_TOTP", DECIDER)
    desk.configure(desk.more + PERSON)
    until(FRIDAY_DECIDE)
    assert expiration().name == "Decide"
    rows = desk.journal_rows("SELECT intent_id, detail FROM intent")
    close, roll = sorted(rows, key=lambda row: "legs" in str(row["detail"]))
    assert {PUT, "KO    260417P00050000"} <= set(str(roll["detail"]).split(chr(34)))
    said = tieout("approve", close["intent_id"], "--by", "desk", "--code", pyotp.TOTP(DECIDER).now())
    assert f"and so not {roll['intent_id']}" in said
    states = {row["intent_id"]: row["state"] for row in desk.journal_rows("SELECT intent_id, state FROM intent")}
    assert states == {close["intent_id"]: "approved", roll["intent_id"]: "declined"}
    expiration()
    assert len(desk.journal_rows("SELECT intent_id FROM intent")) == 2


@pytest.fixture
def long_call(world: World) -> Instrument:
    """A call that is at its strike on its last day, which nobody can say the end of."""
    call = option("KO260306C00049500")
    world.account.open_with({}, [(call, Decimal(2), Decimal(1))])
    return call


def test_an_instruction_is_proposed_told_once_after_a_yes_and_seen_by_the_next_forecast(
    desk: FlowDesk,
    face: AlpacaFace,
    long_call: Instrument,
    until: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DESK_TOTP", DECIDER)
    desk.configure(desk.more + PERSON)
    until(FRIDAY_DECIDE)
    expiration()
    choices = {row["choice"]: row for row in desk.journal_rows("SELECT * FROM option_instruction")}
    assert set(choices) == {"exercise", "do_not_exercise"}
    assert {row["state"] for row in choices.values()} == {"awaiting_approval"}
    assert not [one for one in face.log if one.path.endswith("exercise")]

    face.faults.add(Reset(booked=True), f"/v2/positions/{long_call.symbol.replace(' ', '')}/do-not-exercise", "POST")
    act = choices["do_not_exercise"]["act_id"]
    tieout("approve", act, "--by", "desk", "--code", pyotp.TOTP(DECIDER).now())
    states = {row["choice"]: row["state"] for row in desk.journal_rows("SELECT * FROM option_instruction")}
    assert states == {"exercise": "declined", "do_not_exercise": "unknown"}
    about_it = [row["state"] for row in desk.journal_rows("SELECT state, instrument_id FROM intent") if row]
    assert about_it.count("declined") == 1  # the close of the call

    expiration()
    (row,) = desk.journal_rows("SELECT * FROM option_instruction WHERE choice = 'do_not_exercise'")
    assert (row["state"], row["told"]) == ("accepted", 2)
    assert len([one for one in face.log if one.path.endswith("exercise")]) == 2
    newest = desk.journal_rows("SELECT * FROM option_forecast ORDER BY forecast_id DESC")
    assert next(one["likelihood"] for one in newest if one["contracts"] == "2") == "unlikely"
