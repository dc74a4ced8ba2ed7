"""Every flow killed in the middle, again and again: the sweep finds what it left, and nothing is done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.keys import KeysFace
from tests.contract.world import MONDAY_CLOSE, TERMS, World, a_world
from tests.flows.conftest import FlowDesk
from tests.flows.credential_desk import with_key
from tests.flows.forking import Warm, environment_of, warm_process
from tests.simulation.world import LONG_AGO, steps

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect-kills")]
CLOSE = "flows.eod_reconciliation:eod_reconciliation"
EXPIRATION = "flows.options_expiration:options_expiration"
ASSIGNMENT = "flows.assignment_check:assignment_check"
ROTATION = "flows.credential_rotation:credential_rotation"
THURSDAY_OPEN = datetime(2026, 3, 5, 14, 31, tzinfo=UTC)
FRIDAY_EVENING = datetime(2026, 3, 6, 21, 45, tzinfo=UTC)
FRIDAY_CLOSE = datetime(2026, 3, 6, 21, 5, tzinfo=UTC)
NEXT_MORNING = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
STRIKES = (
    ("journal", 2, "before"),
    ("journal", 4, "after"),
    ("warehouse", 1, "before"),
    ("warehouse", 2, "after"),
)


@pytest.fixture
def world() -> World:
    """The venue on Monday after the close; KO falls through the strike of the short put on Thursday."""
    made = a_world(ko=steps((LONG_AGO, "60.25"), (THURSDAY_OPEN, "49.30")))
    made.clock.advance_to(MONDAY_CLOSE)
    return made


def sweep(**parameters: Any) -> State[Any]:
    from flows.sweep import sweep as flow

    return flow(**parameters, return_state=True)


def found(desk: FlowDesk) -> list[tuple[str, str]]:
    """What sweeps have put right, by the audit trail."""
    rows = desk.journal_rows("SELECT action, subject FROM audit_event ORDER BY event_id")
    return [(one["action"], one["subject"]) for one in rows if one["action"].split(".")[0] in {"run", "lease", "flow"}]


def open_at_the_server(desk: FlowDesk) -> list[str]:
    from prefect.client.orchestration import get_client

    mine = {str(row["flow_run_id"]) for row in desk.journal_rows("SELECT flow_run_id FROM run")}
    with get_client(sync_client=True) as client:
        return [one for one in mine if not client.read_flow_run(one).state.is_final()]  # type: ignore[union-attr,arg-type]


def kill_and_sweep(warm: Warm, flow: str, **parameters: Any) -> int:
    """Kill a run at each point and sweep up after it, then let one run to its end. How many were killed."""
    kills = 0
    for store, nth, moment in STRIKES:
        killed = warm.run(flow=flow, parameters=parameters, store=store, commit=nth, before=moment == "before")
        kills += killed
        state = sweep()
        assert state.is_completed(), state.message
    assert sweep().name == "Clean", "a second sweep finds nothing"
    assert not warm.run(flow=flow, parameters=parameters)
    return kills


def require_nothing_left(desk: FlowDesk) -> None:
    """No lease, run row or run of the server is open, and each died run stands as failed."""
    assert desk.journal_rows("SELECT lease_key FROM lease WHERE NOT released") == []
    assert desk.journal_rows("SELECT run_id FROM run WHERE state = 'running'") == []
    assert open_at_the_server(desk) == []


@pytest.fixture
def warm(opened: FlowDesk) -> Iterator[Warm]:
    with warm_process(opened, environment_of(opened, MONDAY_CLOSE.isoformat())) as running:
        yield running


def test_closes_and_option_runs_that_die_are_swept_up_and_done_once(
    warm: Warm, opened: FlowDesk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def until(moment: datetime) -> None:
        world.venue.advance(moment)
        monkeypatch.setenv("TIEOUT_NOW", moment.isoformat())
        warm.environment = environment_of(opened, moment.isoformat())

    kills = kill_and_sweep(warm, CLOSE)
    until(FRIDAY_CLOSE)
    assert not warm.run(flow=CLOSE, parameters={})
    until(FRIDAY_EVENING)
    kills += kill_and_sweep(warm, EXPIRATION)
    until(NEXT_MORNING)
    kills += kill_and_sweep(warm, ASSIGNMENT)

    assert kills >= 10
    require_nothing_left(opened)
    require_done_once(opened)
    actions = Counter(action for action, _ in found(opened))
    assert actions["run.swept"] == actions["lease.swept"] >= 6
    assert actions["flow.crashed"] >= actions["run.swept"]


def require_done_once(desk: FlowDesk) -> None:
    """Every flow came to its end in every session; every record is posted once, and there was one assignment."""
    ended = desk.journal_rows("SELECT flow, business_date FROM run WHERE state <> 'failed'")
    assert {(one["flow"], str(one["business_date"])) for one in ended} == {
        ("eod-reconciliation", "2026-03-02"),
        ("eod-reconciliation", "2026-03-06"),
        ("options-expiration", "2026-03-06"),
        ("assignment-check", "2026-03-09"),
    }
    entries = desk.rows("SELECT account_id, record_kind, record_id, event, leg FROM ledger_entry")
    assert set(Counter(tuple(one.values()) for one in entries).values()) == {1}
    events = desk.journal_rows("SELECT outcome FROM option_event")
    assert [one["outcome"] for one in events] == ["assigned"]


def test_a_rotation_that_dies_is_gone_on_with_and_makes_one_key(
    flow_desk: FlowDesk, face: AlpacaFace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with KeysFace(world.venue) as keys:
        source = with_key(flow_desk, face, keys, monkeypatch)
        environment = environment_of(flow_desk, MONDAY_CLOSE.isoformat())
        environment["TIEOUT_SECRETS_KEY_FILE"] = str(flow_desk.folder / "secrets.key")
        with warm_process(flow_desk, environment) as warm:
            kills = 0
            for nth in range(2, 9, 2):
                given: dict[str, Any] = {"credentials": ["main"], "force": True, "ask_for_s": 0}
                kills += warm.run(flow=ROTATION, parameters=given, commit=nth, before=nth % 4 == 0)
                assert sweep().is_completed()
            assert not warm.run(flow=ROTATION, parameters=given)

    assert kills >= 2
    (key,) = world.venue.keys.of(world.account)
    assert key.key_id != TERMS.key_id
    assert source.read().parts["key_id"] == key.key_id
    require_nothing_left(flow_desk)
