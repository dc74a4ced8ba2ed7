"""What a person starts with a form: a break resolved, history imported, a report made again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from flows.serving import BESIDE, declared, load_flow
from simulator.protocols.alpaca import AlpacaFace
from tests.contract.world import MONDAY_CLOSE, World, a_world, an_order
from tests.flows.conftest import FlowDesk

if TYPE_CHECKING:
    from prefect.client.schemas.objects import Artifact

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
DAY = date(2026, 3, 2)


def open_breaks(desk: FlowDesk) -> list[dict[str, Any]]:
    return desk.journal_rows("SELECT break_id, kind, subject FROM break_case WHERE state = 'open' ORDER BY break_id")


def test_a_break_is_resolved_from_the_form_and_its_page_shows_who_did_what(
    opened: FlowDesk, world: World, artifacts: Callable[[Any], dict[str, Artifact]]
) -> None:
    from flows.report import report
    from flows.resolve_break import resolve_break
    from tieout.recon.by_hand import Way

    order = an_order()
    world.account.books.move(order.instrument, order.quantity, order.quantity)
    opened.close(date=DAY)
    (found,) = open_breaks(opened)
    named = {"break_id": found["break_id"], "by": "desk", "reason": "seen on the venue's page"}

    refused = resolve_break(**named, how=Way.ADJUST, return_state=True)
    assert refused.is_failed()
    assert "name what proves it" in str(refused.message)
    state = resolve_break(**named, how=Way.ADJUST, evidence=["document:venue page"], return_state=True)

    assert (state.name, open_breaks(opened)) == ("Resolved", [])
    shown = artifacts(state)
    assert "by hand of desk: adjusted by" in str(shown["break"].data)
    assert "document:venue page" in str(shown["break-history"].data)
    assert resolve_break(**named, how=Way.ADJUST, evidence=["document:x"], return_state=True).is_failed()

    again = report(date=DAY, return_state=True)
    assert again.name == "Reported"
    assert "alpaca-main" in str(artifacts(again)["report-summary"].data)


@pytest.fixture
def traded() -> World:
    """The account after the close of a day on which it bought."""
    made = a_world()
    made.account.submit(an_order())
    made.clock.advance_to(MONDAY_CLOSE)
    return made


def test_history_is_booked_once_with_a_signature_and_a_dry_run_books_nothing(
    flow_desk: FlowDesk, traded: World
) -> None:
    with AlpacaFace(traded.venue) as face:
        _import_history(flow_desk.account("alpaca-main", face.base_url), traded)


def _import_history(desk: FlowDesk, world: World) -> None:
    from flows.import_history import import_history

    given = {"account": "alpaca-main", "since": date(2026, 1, 5), "signed_off_by": "desk"}

    def booked() -> int:
        return int(desk.journal_rows("SELECT count(*) AS n FROM execution")[0]["n"])

    looked = import_history(**given, dry_run=True, return_state=True)
    assert (looked.name, booked()) == ("Imported", 0)
    done = import_history(**given, return_state=True)
    again = import_history(**given, return_state=True)

    assert booked() == len(world.account.executions) > 0
    assert "0 known already" in str(done.message)
    assert "0 records booked" in str(again.message)
    (said,) = desk.journal_rows("SELECT DISTINCT actor FROM audit_event WHERE action = 'import.booked'")
    assert said["actor"] == "desk"


def test_each_form_offers_choices_and_says_what_it_asks(flow_desk: FlowDesk, face: AlpacaFace) -> None:
    from prefect.utilities.callables import parameter_schema

    flow_desk.account("alpaca-main", face.base_url)
    import importlib

    from flows import import_history

    importlib.reload(import_history)
    forms = {one.name: parameter_schema(load_flow(one.entrypoint).fn).model_dump() for one in declared(BESIDE)}

    for name, form in forms.items():
        for field, told in form["properties"].items():
            assert told["title"] != field, f"{name}.{field} has no title"
            assert told.get("description"), f"{name}.{field} has no description"
    assert forms["import-history"]["properties"]["account"]["enum"] == ["alpaca-main"]
    assert "statement" in str(forms["resolve-break"]["definitions"])
    assert "drawdown" in str(forms["resume"]["definitions"])


def test_a_rehearsal_plays_apart_from_the_desk_and_comes_to_what_it_must(
    flow_desk: FlowDesk, artifacts: Callable[[Any], dict[str, Artifact]]
) -> None:
    from flows.rehearsal import rehearsal

    state = rehearsal(seed=11, return_state=True)

    assert (state.name, state.message) == ("Rehearsed", state.message)
    assert "As it must be" in str(artifacts(state)["rehearsal"].data)
    (played,) = (flow_desk.folder / "data" / "out" / "rehearsals").iterdir()
    assert (played / "data" / "journal.sqlite").is_file()
    assert flow_desk.journal_rows("SELECT * FROM run") == []
