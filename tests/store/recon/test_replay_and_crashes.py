"""A past run gives the same bytes, and a run that is killed anywhere ends as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

import sql.reconcile as steps
from sql.recon_compute import first_difference
from sql.reconcile import ReconOutcome
from sql.replay import replay
from sql.schema import warehouse as tables
from tests.databases import Stores
from tests.recon_world import AAPL, FRI, MON, MSFT, PUT, TUE, WED, World, event, fill, open_order, xnys
from tieout.errors import StoreError
from tieout.ids import RunId
from tieout.records import ActivityKind

MANUAL = fill("x1", MSFT, 2, 200, MON)


class Killed(BaseException):
    """The process is gone; nothing catches it."""


def a_busy_day(world: World) -> tuple[Any, ...]:
    """Something of everything: a split, a dividend, a manual trade, unsettled cash, an order, an unmapped row."""
    world.open_with(10_000, {AAPL: 10, PUT: -1})
    world.book(fill("x0", MSFT, -1, 200, MON))
    split = event("s1", ActivityKind.SPLIT, MON, instrument=AAPL, quantity=30, ratio="4")
    return (
        {AAPL: 40, PUT: -1, MSFT: 1},
        9_610,
        fill("x0", MSFT, -1, 200, MON),
        split,
        event("d1", ActivityKind.DIVIDEND, MON, amount=10),
        MANUAL,
    )


def busy_run(world: World) -> tuple[Any, ReconOutcome]:
    day = a_busy_day(world)
    run = world.see(
        MON, *day, prices={"AAPL": "25"}, orders=[open_order("b1", AAPL, "3", client=None)], unmapped=['{"id": "77"}']
    )
    return run, world.close(MON, run)


def test_a_run_replays_to_the_same_bytes(both: World) -> None:
    run, outcome = busy_run(both)

    replayed = replay(both.stores.journal, both.stores.warehouse, run[0], xnys())

    assert replayed.same, replayed.difference
    assert replayed.recorded_sha256 == replayed.replayed_sha256 == outcome.result_sha256


def test_a_run_replays_to_the_same_bytes_days_later(both: World) -> None:
    run, _ = busy_run(both)
    both.book(fill("x1", MSFT, 2, 200, MON), fill("x2", AAPL, 7, 25, TUE), source="statement")
    both.close(
        TUE, both.see(TUE, {AAPL: 47, PUT: -1, MSFT: 1}, 9_435, fill("x2", AAPL, 7, 25, TUE), prices={"AAPL": "26"})
    )
    both.close(WED, both.see(WED, {AAPL: 46, PUT: -1, MSFT: 1}, 9_000, prices={"AAPL": "27"}))
    both.price(AAPL, MON, "1000")
    both.close(MON, both.see(MON, {AAPL: 1}, 1))
    both.stores.warehouse.publish()

    replayed = replay(both.stores.journal, both.stores.warehouse, run[0], xnys())

    assert replayed.same, replayed.difference


def test_a_replay_reads_no_mutable_fact_of_the_snapshot(world: World) -> None:
    run, _ = busy_run(world)
    with world.stores.warehouse.write(world.name) as warehouse:
        warehouse.execute(update(tables.snapshot).values(status="quarantined", reason="later doubt"))

    assert replay(world.stores.journal, world.stores.warehouse, run[0], xnys()).same


def test_a_record_that_was_tampered_with_is_shown(world: World) -> None:
    run, _ = busy_run(world)
    with world.stores.warehouse.write(world.name) as warehouse:
        table = tables.snapshot_balance
        warehouse.execute(update(table).where(table.c.snapshot_id == run[1]).values(cash=1))

    replayed = replay(world.stores.journal, world.stores.warehouse, run[0], xnys())

    assert not replayed.same
    assert replayed.difference is not None
    assert "recorded" in replayed.difference


def test_a_run_that_never_ended_cannot_be_replayed(world: World) -> None:
    with pytest.raises(StoreError, match="no reconciliation of run desk-20260112-09"):
        replay(world.stores.journal, world.stores.warehouse, RunId("desk-20260112-09"), xnys())


def test_a_run_of_other_rules_is_not_replayed_by_these(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = busy_run(world)
    monkeypatch.setattr("sql.replay.VERSION", "2")

    with pytest.raises(StoreError, match="made by version 1"):
        replay(world.stores.journal, world.stores.warehouse, run[0], xnys())


def test_a_run_that_is_asked_again_answers_from_its_record(both: World) -> None:
    run, outcome = busy_run(both)

    assert both.close(MON, run) == outcome


def test_the_first_difference_of_two_texts_is_shown_with_its_surroundings() -> None:
    assert first_difference("same", "same") is None
    assert "at character 3" in str(first_difference("abcX", "abcY"))
    assert "at character 3" in str(first_difference("abc", "abcd"))


Step = Callable[..., Any]


def dying(monkeypatch: pytest.MonkeyPatch, name: str, *, after: bool) -> None:
    """Kill the run before or after one of its steps."""
    real: Step = getattr(steps, name)

    def killed(*args: Any, **kwargs: Any) -> Any:
        if after:
            real(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(steps, name, killed)


def everything(world: World) -> dict[str, Any]:
    """What a run leaves behind, without row ids."""
    with world.stores.warehouse.write(world.name) as warehouse:
        from sqlalchemy import select

        from sql.rows import read_rows

        runs = read_rows(warehouse, select(tables.recon_run))
        legs = read_rows(warehouse, select(tables.ledger_entry).order_by(tables.ledger_entry.c.entry_id))
    with world.stores.journal.read() as journal:
        from sql.cases import case_history

        told = {
            case["break_id"]: [
                {k: v for k, v in one.items() if k != "event_id"}
                for one in case_history(journal, str(case["break_id"]))
            ]
            for case in world.cases()
        }
    return {"runs": runs, "legs": legs, "cases": world.cases(), "events": told}


@pytest.mark.parametrize("name", ["post", "book", "second", "append_changes", "append_run"])
@pytest.mark.parametrize("after", [False, True])
def test_a_run_killed_at_any_step_ends_the_same_when_tried_again(
    world: World, name: str, after: bool, monkeypatch: pytest.MonkeyPatch, file_template: Any, tmp_path: Any
) -> None:
    unharmed = World(file_template.copy_to(tmp_path / "unharmed"))
    busy_run(unharmed)
    day = a_busy_day(world)
    run = world.see(
        MON, *day, prices={"AAPL": "25"}, orders=[open_order("b1", AAPL, "3", client=None)], unmapped=['{"id": "77"}']
    )
    with monkeypatch.context() as patch:
        dying(patch, name, after=after)
        with pytest.raises(Killed):
            world.close(MON, run)

    world.close(MON, run)

    assert everything(world) == everything(unharmed)
    unharmed.stores.close()


@pytest.mark.parametrize("name", ["book", "append_changes"])
def test_a_run_killed_at_any_step_leaves_the_next_run_a_sound_book(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The killed run is never tried again: another one, with its own number, takes over."""
    day = a_busy_day(world)
    run = world.see(MON, *day, prices={"AAPL": "25"})
    with monkeypatch.context() as patch:
        dying(patch, name, after=True)
        with pytest.raises(Killed):
            world.close(MON, run)

    outcome = world.close(MON, world.see(MON, *day, prices={"AAPL": "25"}))

    assert [one.difference.subject for one in outcome.findings if one.severity != "info"] == ["execution:x1"]
    assert outcome.open_breaks == 1


def test_both_stores_record_the_same_bytes(file_stores: Stores, postgres: Any) -> None:
    _, here = busy_run(World(file_stores))
    with postgres.copied() as stores:
        _, there = busy_run(World(stores))

    assert here.result_sha256 == there.result_sha256


def test_a_replay_needs_the_session_calendar_only(world: World) -> None:
    run = world.see(FRI, {}, 0)
    world.close(FRI, run)

    assert replay(world.stores.journal, world.stores.warehouse, run[0], xnys()).same
