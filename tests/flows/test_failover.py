"""Two accounts at two venues: the rest of an order goes to the other one with a proof, and with nothing less."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from simulator.protocols.faults import Answer, Delay, Reset, Status
from simulator.protocols.wire import FaceAnswer, FaceRequest
from simulator.venue import SimulatedVenue
from tests.contract.world import a_world
from tests.flows.conftest import FlowDesk
from tests.flows.windows import RISK, RunningFace, trade, wish

REFUSAL = Status(403, b'{"code":40310000,"message":"insufficient buying power"}')
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]


@dataclass(frozen=True, slots=True)
class ThenCancelled:
    """The venue takes the order, and cancels by itself what it could not fill at once."""

    venue: SimulatedVenue

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        whole = answer(request)
        (account,) = self.venue.accounts.values()
        account.cancel(str(account.orders()[-1].client_order_id))
        return whole


@pytest.fixture
def primary() -> Iterator[RunningFace]:
    with RunningFace(a_world(depth=Decimal(2)).venue) as face:
        yield face


@pytest.fixture
def backup() -> Iterator[RunningFace]:
    with RunningFace(a_world().venue) as face:
        yield face


@pytest.fixture
def desk(flow_desk: FlowDesk, primary: RunningFace, backup: RunningFace, monkeypatch: pytest.MonkeyPatch) -> FlowDesk:
    """Signals are for `primary`; what it surely leaves goes to `backup`."""
    monkeypatch.setenv("TIEOUT_NOW", primary.rehearsed)
    backup.began = primary.began
    flow_desk.configure(flow_desk.more + RISK + '[accounts.primary.routes]\nequity = ["backup"]\n')
    flow_desk.account("primary", primary.base_url, timeout_s=2)
    return flow_desk.account("backup", backup.base_url, timeout_s=2)


def orders_at(face: RunningFace) -> list[tuple[str, Any, Any]]:
    """Client order id, quantity, filled quantity of every order at a venue."""
    (account,) = face.venue.accounts.values()
    return [(str(one.client_order_id), one.quantity or Decimal(0), one.filled_quantity) for one in account.orders()]


def intents(desk: FlowDesk) -> list[dict[str, Any]]:
    """Parents before their heirs."""
    return desk.journal_rows(
        "SELECT account_id, state, quantity, filled, sends, client_order_id, parent_id FROM intent ORDER BY created_at"
    )


def test_a_broker_that_the_probes_find_down_is_not_chosen_and_its_order_goes_elsewhere_at_once(
    desk: FlowDesk, primary: RunningFace, backup: RunningFace
) -> None:
    from sql.health import record_health
    from tasks.clock import now
    from tieout.health import Health, HealthState
    from tieout.ids import AccountId

    moment, stores = now(), desk.stores()
    down = Health(AccountId("primary"), "alpaca", HealthState.DOWN, moment, moment, moment, "no answer")
    with stores.journal.write() as journal:
        record_health(journal, HealthState.UP, down)
    stores.close()
    wish(desk, "one", "3", account="primary")

    assert trade(desk).is_completed()

    assert orders_at(primary) == []
    assert [(quantity, filled) for _, quantity, filled in orders_at(backup)] == [(Decimal(3), Decimal(3))]
    parent, heir = intents(desk)
    assert (parent["account_id"], parent["sends"], heir["account_id"]) == ("primary", 0, "backup")


def posts(face: RunningFace) -> list[int]:
    """The answers to every order that was sent to a venue."""
    return [one.status for one in face.log if (one.method, one.path) == ("POST", "/v2/orders")]


def explained(order_id: str) -> dict[str, list[dict[str, Any]]]:
    """What `tieout explain order ID` knows of an order."""
    from typer.testing import CliRunner

    from flows.cli.main import app

    done = CliRunner().invoke(app, ["explain", "order", order_id, "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("effect", [Delay(4), Reset(booked=True)], ids=["time-out", "reset"])
def test_an_answer_lost_after_acceptance_makes_no_second_order_though_the_backup_is_healthy(
    desk: FlowDesk, primary: RunningFace, backup: RunningFace, effect: Any
) -> None:
    wish(desk, "one", "2", account="primary")
    primary.faults.add(effect, "/v2/orders", "POST", times=1)

    assert trade(desk, accounts=["primary"]).name == "Done"

    (only,) = orders_at(primary)
    assert only[1:] == (2, 2)
    assert orders_at(backup) == []
    assert posts(backup) == []
    (row,) = intents(desk)
    assert (row["account_id"], row["state"], row["sends"], row["client_order_id"]) == ("primary", "filled", 1, only[0])


def test_a_refusal_takes_the_rest_to_the_backup_and_explain_shows_the_proof(
    desk: FlowDesk, primary: RunningFace, backup: RunningFace
) -> None:
    wish(desk, "one", "2", account="primary")
    primary.faults.add(REFUSAL, "/v2/orders", "POST", times=1)

    assert trade(desk, accounts=["primary"]).name == "Done"

    assert orders_at(primary) == []
    (there,) = orders_at(backup)
    assert there[1:] == (2, 2)
    parent, heir = intents(desk)
    assert (parent["account_id"], parent["state"], int(Decimal(parent["filled"]))) == ("primary", "rejected", 0)
    assert (heir["account_id"], heir["state"], heir["client_order_id"]) == ("backup", "filled", there[0])
    booked = desk.journal_rows("SELECT account_id, quantity FROM execution")
    assert [(one["account_id"], int(Decimal(one["quantity"]))) for one in booked] == [("backup", 2)]
    for asked in (parent["client_order_id"], heir["client_order_id"]):  # the whole story, from either end of it
        (proof,) = explained(asked)["proofs"]
        assert proof["kind"] == "rejected"
        assert "insufficient buying power" in str(proof["evidence"])


def test_only_the_rest_of_a_partly_filled_order_goes_on(
    desk: FlowDesk, primary: RunningFace, backup: RunningFace
) -> None:
    """The primary finds two units and then cancels what is left, as venues do at a halt."""
    wish(desk, "one", "5", account="primary")
    primary.faults.add(ThenCancelled(primary.venue), "/v2/orders", "POST", times=1)

    assert trade(desk, accounts=["primary"]).name == "Done"

    (here,), (there,) = orders_at(primary), orders_at(backup)
    assert here[1:] == (5, 2)
    assert there[1:] == (3, 3)
    booked = desk.journal_rows("SELECT account_id, quantity FROM execution ORDER BY account_id DESC")
    assert [(one["account_id"], int(Decimal(one["quantity"]))) for one in booked] == [("primary", 2), ("backup", 3)]
    (proof,) = explained(there[0])["proofs"]
    assert (proof["kind"], int(Decimal(proof["filled"]))) == ("ended", 2)


def test_an_order_that_never_arrived_is_sent_once_more_under_its_id_after_the_proof_of_absence(
    desk: FlowDesk, primary: RunningFace, backup: RunningFace
) -> None:
    wish(desk, "one", "2", account="primary")
    primary.faults.add(Reset(booked=False), "/v2/orders", "POST", times=1)

    assert trade(desk, accounts=["primary"]).name == "Done"

    (only,) = orders_at(primary)
    (row,) = intents(desk)
    assert (row["state"], row["sends"], row["client_order_id"]) == ("filled", 2, only[0])
    assert posts(backup) == []
    events = desk.journal_rows("SELECT event, at FROM order_event ORDER BY event_id")
    lost, absent = (next(one["at"] for one in events if one["event"] == kind) for kind in ("unknown", "absent"))
    assert absent > lost


def test_a_venue_in_a_planned_outage_is_not_asked_and_the_account_is_skipped(
    desk: FlowDesk, primary: RunningFace
) -> None:
    desk.account("primary", primary.base_url, timeout_s=2, planned_outages=["daily 00:00-23:59 UTC"])
    wish(desk, "one", "2", account="primary")
    before = len(primary.log)

    state = trade(desk, accounts=["primary"])

    assert (state.name, state.is_failed()) == ("Skipped", False)
    assert "planned outage" in str(state.message)
    assert len(primary.log) == before
    assert [one["state"] for one in desk.journal_rows("SELECT state FROM signal")] == ["pending"]


def test_a_rest_whose_next_route_is_away_goes_to_nobody_and_says_so(
    desk: FlowDesk, primary: RunningFace, backup: RunningFace
) -> None:
    desk.account("backup", backup.base_url, timeout_s=2, planned_outages=["daily 00:00-23:59 UTC"])
    wish(desk, "one", "2", account="primary")
    wish(desk, "two", "1", account="primary")
    primary.faults.add(REFUSAL, "/v2/orders", "POST", times=1)

    state = trade(desk, accounts=["primary"])

    assert posts(backup) == []
    rows = {(row["account_id"], row["state"]) for row in intents(desk)}
    assert rows == {("primary", "rejected"), ("primary", "filled"), ("backup", "lapsed")}, state.message
    assert "planned outage" in str(state.message)
