"""A break that a person resolves: with evidence that is looked up, booked once, undone exactly, seen in the trail."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from sql.by_hand import Agreed, carry_out, prepare
from sql.cases import undo_resolution
from sql.posting import post
from sql.schema import journal as tables
from tests.recon_world import AAPL, FRI, MON, MSFT, THU, TUE, WED, World, at, event, fill
from tieout.errors import DataError, StoreError
from tieout.ids import BreakId
from tieout.recon.by_hand import HandResolution, Way
from tieout.recon.types import CaseState, Severity
from tieout.records import ActivityKind

MORNING = at(TUE, "14:00")
MANUAL = fill("x1", MSFT, 2, 200, MON)
TICKET = ("document:ticket 12",)


def only(world: World) -> dict[str, Any]:
    (case,) = [one for one in world.cases() if one["state"] is not CaseState.CLOSED]
    return case


def wish(world: World, way: Way, *evidence: str, **more: Any) -> HandResolution:
    return HandResolution(BreakId(str(only(world)["break_id"])), way, evidence=tuple(evidence), **more)


def resolve(world: World, wanted: HandResolution, act: str = "ACT-1") -> Any:
    stores = world.stores
    ready = prepare(stores.journal, stores.warehouse, wanted, "prepared", MORNING)
    agreed = Agreed(act, "desk, ben", "we asked them", ready.wish.as_terms(ready.case))
    case = carry_out(stores.journal, stores.warehouse, wanted.break_id, agreed, MORNING)
    post(stores.journal, stores.warehouse, world.name, world.settings.lot_method, MORNING)
    return case, agreed


def refused(world: World, wanted: HandResolution) -> str:
    with pytest.raises((DataError, StoreError)) as caught:
        prepare(world.stores.journal, world.stores.warehouse, wanted, "prepared", MORNING)
    return str(caught.value)


def records(world: World, name: str) -> list[dict[str, Any]]:
    table = getattr(tables, name)
    with world.stores.journal.read() as journal:
        return [row._asdict() for row in journal.execute(select(table).order_by(table.c.seq))]


def publish(world: World) -> World:
    world.stores.warehouse.publish()
    return world


@pytest.fixture
def by_hand(both: World) -> World:
    """Somebody has traded past the desk."""
    both.open_with(10_000)
    both.close(MON, both.see(MON, {MSFT: 2}, 9_600, MANUAL))
    return publish(both)


def test_the_brokers_row_is_booked_as_it_stands_and_the_next_close_ties_out(by_hand: World) -> None:
    case, _ = resolve(by_hand, wish(by_hand, Way.STATEMENT))

    assert (case.state, case.owner, case.severity) == (CaseState.RESOLVED, "desk, ben", Severity.INFO)
    (booked,) = records(by_hand, "execution")
    assert (booked["execution_id"], booked["source"]) == ("x1", "resolution")
    assert booked["evidence"]["proof"] == ["statement_execution:x1"]
    assert by_hand.close(MON, by_hand.see(MON, {MSFT: 2}, 9_600, MANUAL)).state == "tied_out"
    assert only(by_hand)["state"] is CaseState.RESOLVED
    assert by_hand.close(TUE, by_hand.see(TUE, {MSFT: 2}, 9_600)).closed == 1


def test_carried_out_twice_it_is_done_once_and_undone_it_leaves_nothing(by_hand: World) -> None:
    case, agreed = resolve(by_hand, wish(by_hand, Way.STATEMENT))
    stores = by_hand.stores

    again = carry_out(stores.journal, stores.warehouse, case.break_id, agreed, MORNING)
    assert again.state is CaseState.RESOLVED
    assert len(records(by_hand, "execution")) == 1

    undone = undo_resolution(stores.journal, case.break_id, "desk", "the wrong row", MORNING)
    assert undone.state is CaseState.OPEN
    assert [one["status"] for one in records(by_hand, "execution")] == ["executed", "cancelled"]
    assert "taken back before" in refused(by_hand, wish(by_hand, Way.STATEMENT))
    (rows,) = [by_hand.history(0)]
    assert [one["event"] for one in rows][-2:] == ["resolved", "undone"]


def test_the_trail_says_who_resolved_what_with_which_proof_and_who_took_it_back(by_hand: World) -> None:
    case, _ = resolve(by_hand, wish(by_hand, Way.STATEMENT))
    undo_resolution(by_hand.stores.journal, case.break_id, "ben", "no", MORNING)

    with by_hand.stores.journal.read() as journal:
        found = journal.execute(select(tables.audit_event).order_by(tables.audit_event.c.event_id)).all()
    told = [(row.action, row.actor) for row in found if row.subject == case.break_id]
    assert told == [("break.resolved", "desk, ben"), ("break.undone", "ben")]
    (first,) = [row.detail for row in found if row.action == "break.resolved"]
    assert (first["reason"], first["proof"], first["act"]) == ("we asked them", ["statement_execution:x1"], "ACT-1")


def test_a_row_of_ours_that_the_broker_does_not_have_is_taken_back_and_stands_again_after_an_undo(both: World) -> None:
    both.open_with(10_000)
    both.book(fill("ours", MSFT, 2, 200, MON))
    both.close(MON, both.see(MON, {}, 10_000))
    publish(both)
    assert "name what proves it" in refused(both, wish(both, Way.TAKE_BACK))

    case, _ = resolve(both, wish(both, Way.TAKE_BACK, "snapshot:" + str(_snapshot(both))))
    assert both.close(TUE, both.see(TUE, {}, 10_000)).state == "tied_out"
    undo_resolution(both.stores.journal, case.break_id, "desk", "they found it", MORNING)

    assert [one["status"] for one in records(both, "execution")] == ["executed", "cancelled", "corrected"]
    assert both.close(TUE, both.see(TUE, {}, 10_000)).state == "critical_breaks"


def _snapshot(world: World) -> int:
    from sql.schema import warehouse as measured

    with world.stores.warehouse.read() as warehouse:
        return int(warehouse.execute(select(measured.snapshot.c.snapshot_id)).scalars().first() or 0)


def test_units_and_cash_are_adjusted_by_what_differs_with_the_cost_that_is_named(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})
    both.close(MON, both.see(MON, {AAPL: 13}, 10_000))
    publish(both)

    resolve(both, wish(both, Way.ADJUST, *TICKET, price=Decimal("101.5")))
    (_, _, entry) = records(both, "activity")
    assert (entry["kind"], entry["quantity"], entry["price"], entry["amount"]) == ("adjustment", 3, Decimal("101.5"), 0)
    assert entry["business_date"] == MON
    assert both.close(MON, both.see(MON, {AAPL: 13}, 10_000)).state == "tied_out"

    both.close(TUE, both.see(TUE, {AAPL: 13}, 9_990))
    publish(both)
    resolve(both, wish(both, Way.ADJUST, *TICKET), "ACT-2")
    assert records(both, "activity")[-1]["amount"] == -10
    assert both.close(TUE, both.see(TUE, {AAPL: 13}, 9_990)).state == "tied_out"  # though no row explains it
    assert both.close(WED, both.see(WED, {AAPL: 13}, 9_990)).closed == 1


def test_two_rows_of_other_content_become_theirs_and_an_undo_brings_ours_back(both: World) -> None:
    both.open_with(10_000)
    both.book(fill("x1", MSFT, 2, 199, MON))
    both.close(MON, both.see(MON, {MSFT: 2}, 9_600, MANUAL))
    publish(both)

    case, _ = resolve(both, wish(both, Way.STATEMENT))
    assert both.close(TUE, both.see(TUE, {MSFT: 2}, 9_600)).state == "tied_out"
    undo_resolution(both.stores.journal, case.break_id, "desk", "why", MORNING)

    assert [one["price"] for one in records(both, "execution")] == [199, 200, 199]
    both.close(TUE, both.see(TUE, {MSFT: 2}, 9_600))
    publish(both)
    again = HandResolution(case.break_id, Way.STATEMENT, ("execution:x1",))
    assert "taken back before" in refused(both, again) or "only an open one" in refused(both, again)


def test_what_may_stand_stands_until_its_session_while_its_figures_stay(both: World) -> None:
    both.open_with(10_000)
    both.close(MON, both.see(MON, {}, 10_500))
    publish(both)
    resolve(both, wish(both, Way.WAIT, *TICKET, until=date(2026, 1, 14)))

    assert both.close(TUE, both.see(TUE, {}, 10_500)).state == "tied_out"
    assert only(both)["state"] is CaseState.RESOLVED
    outcome = both.close(THU, both.see(THU, {}, 10_500))
    assert (outcome.state, only(both)["state"]) == ("critical_breaks", CaseState.OPEN)


def test_what_may_stand_is_open_again_with_other_figures_and_closed_when_it_is_gone(both: World) -> None:
    both.open_with(10_000)
    both.close(MON, both.see(MON, {}, 10_500))
    publish(both)
    resolve(both, wish(both, Way.WAIT, *TICKET, until=FRI))
    both.close(TUE, both.see(TUE, {}, 10_700))
    assert only(both)["state"] is CaseState.OPEN

    publish(both)
    resolve(both, wish(both, Way.WAIT, *TICKET, until=FRI), "ACT-2")
    assert both.close(THU, both.see(THU, {}, 10_000)).closed == 1


def test_a_break_that_changed_after_people_were_asked_is_not_touched(both: World) -> None:
    both.open_with(10_000)
    both.close(MON, both.see(MON, {}, 10_500))
    publish(both)
    stores = both.stores
    ready = prepare(stores.journal, stores.warehouse, wish(both, Way.ADJUST, *TICKET), "prepared", MORNING)
    both.close(TUE, both.see(TUE, {}, 10_600))

    agreed = Agreed("ACT-1", "desk, ben", "why", ready.wish.as_terms(ready.case))
    with pytest.raises(DataError, match="has changed"):
        carry_out(stores.journal, stores.warehouse, ready.case.break_id, agreed, MORNING)
    assert len(records(both, "activity")) == 1


@pytest.mark.parametrize(
    ("way", "more", "says"),
    [
        (Way.ADJUST, {}, "name what proves it"),
        (Way.ADJUST, {"evidence": ("a feeling",)}, "write it as"),
        (Way.ADJUST, {"evidence": ("statement_activity:none",)}, "not in what the broker sent"),
        (Way.ADJUST, {"evidence": ("execution:none",)}, "not in our book"),
        (Way.ADJUST, {"evidence": ("snapshot:none",)}, "its id is a number"),
        (Way.ADJUST, {"evidence": TICKET, "quantity": Decimal(1)}, "give an amount, no units"),
        (Way.ADJUST, {"evidence": TICKET, "amount": Decimal(0)}, "an adjustment of nothing"),
        (Way.STATEMENT, {}, "name the rows"),
        (Way.STATEMENT, {"rows": ("activity:none",)}, "not in what the broker sent"),
        (Way.TAKE_BACK, {"rows": ("activity:none",), "evidence": TICKET}, "nothing to take back"),
        (Way.TAKE_BACK, {"rows": ("order:1",), "evidence": TICKET}, "write it as"),
        (Way.WAIT, {"evidence": TICKET}, "until which session"),
        (Way.WAIT, {"evidence": TICKET, "until": MON}, "may stand for 1 to 10"),
        (Way.WAIT, {"evidence": TICKET, "until": date(2026, 3, 2)}, "may stand for 1 to 10"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(world: World, way: Way, more: dict[str, Any], says: str) -> None:
    world.open_with(10_000)
    world.close(MON, world.see(MON, {}, 10_500))
    publish(world)

    assert says in refused(world, HandResolution(BreakId(str(only(world)["break_id"])), way, **more))


def test_only_open_breaks_are_resolved_and_rows_are_not_adjusted(world: World) -> None:
    assert "there is no break" in refused(world, HandResolution(BreakId("BRK-0"), Way.WAIT))
    world.open_with(10_000)
    dividend = event("d1", ActivityKind.DIVIDEND, MON, amount=10)
    world.close(MON, world.see(MON, {}, 10_010, dividend))
    publish(world)
    assert "only an open one" in refused(world, wish(world, Way.ADJUST, *TICKET))

    world.book(fill("ours", MSFT, 2, 200, TUE))
    world.close(TUE, world.see(TUE, {}, 10_010))
    publish(world)
    (row,) = world.cases(states=(CaseState.OPEN,))
    assert "is not adjusted" in refused(
        world, HandResolution(BreakId(str(row["break_id"])), Way.ADJUST, evidence=TICKET)
    )
