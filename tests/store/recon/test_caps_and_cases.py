"""Caps on what resolves itself, and the life of a case: opened, seen, resolved, closed, reopened, undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from sql.cases import case_history, read_cases, undo_resolution
from sql.posting import post
from sql.schema import journal as tables
from sql.schema import warehouse as warehouse_tables
from tests.recon_world import AAPL, FRI, MON, MSFT, THU, TUE, WED, World, at, event, fill
from tieout.errors import DataError, StoreError
from tieout.recon.types import CaseState, Severity
from tieout.records import ActivityKind
from tieout.settings import ResolutionCaps, Severities

MANUAL = fill("x1", MSFT, 2, 200, MON)


def dividends(*amounts: int) -> list[object]:
    return [event(f"d{n}", ActivityKind.DIVIDEND, MON, amount=amount) for n, amount in enumerate(amounts, 1)]


def states(world: World) -> dict[object, object]:
    return {case["subject"]: case["state"] for case in world.cases()}


def events(world: World, break_id: object) -> list[object]:
    with world.stores.journal.read() as journal:
        return [one["event"] for one in case_history(journal, str(break_id))]


def rows_in(world: World) -> tuple[int, ...]:
    """How many rows of each kind a run may write stand in the stores."""
    with world.stores.journal.read() as journal, world.stores.warehouse.write(world.name) as warehouse:
        counts = [
            journal.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tables.break_case, tables.break_event, tables.activity, tables.execution)
        ]
        counts += [
            warehouse.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (warehouse_tables.recon_run, warehouse_tables.ledger_entry, warehouse_tables.posting)
        ]
    return tuple(counts)


# Caps


@pytest.mark.parametrize(
    ("caps", "says"),
    [
        (ResolutionCaps(enabled=False), "switched off"),
        (ResolutionCaps(max_count=1), "has resolved 1 already"),
        (ResolutionCaps(max_money=Decimal(15)), "above the cap of 15 per break"),
        (ResolutionCaps(max_money_run=Decimal(25)), "would pass its cap of 25"),
    ],
)
def test_beyond_a_cap_a_proven_break_stays_open_and_says_so(world: World, caps: ResolutionCaps, says: str) -> None:
    world.caps = caps
    world.open_with(1_000)

    outcome = world.close(MON, world.see(MON, {}, 1_030, *dividends(10, 20)))

    left = [one for one in outcome.findings if says in one.explanation]
    assert [one.difference.subject for one in left][-1] == "activity:d2"
    assert outcome.open_breaks == len(left) == 2 - outcome.resolved


def test_money_at_its_cap_is_still_resolved(world: World) -> None:
    world.caps = ResolutionCaps(max_money=Decimal(20), max_money_run=Decimal(30), max_count=2)
    world.open_with(1_000)

    assert world.close(MON, world.see(MON, {}, 1_030, *dividends(10, 20))).resolved == 2


def test_what_a_cap_left_open_is_resolved_by_the_next_run_that_may(world: World) -> None:
    world.caps = ResolutionCaps(max_count=1)
    world.open_with(1_000)
    world.close(MON, world.see(MON, {}, 1_030, *dividends(10, 20)))

    outcome = world.close(TUE, world.see(TUE, {}, 1_030))

    assert (outcome.opened, outcome.resolved, outcome.closed) == (0, 1, 1)
    assert states(world) == {"activity:d1": CaseState.CLOSED, "activity:d2": CaseState.RESOLVED}


# Life of a case


def test_running_a_day_again_changes_nothing(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})
    split = event("s1", ActivityKind.SPLIT, MON, instrument=AAPL, quantity=30, ratio="4")
    day = ({AAPL: 40, MSFT: 2}, 9_610, split, MANUAL, event("d1", ActivityKind.DIVIDEND, MON, amount=10))
    both.close(MON, both.see(MON, *day))  # type: ignore[arg-type]
    before, cases = rows_in(both), both.cases()

    again = both.close(MON, both.see(MON, *day))  # type: ignore[arg-type]

    assert (again.opened, again.closed, again.resolved) == (0, 0, 0)
    assert both.cases() == cases
    after = rows_in(both)
    assert after[:4] == before[:4]
    assert after[5:] == before[5:]


def test_a_rerun_of_an_unchanged_day_records_the_same_bytes(world: World) -> None:
    world.open_with(10_000)
    first = world.close(MON, world.see(MON, {MSFT: 2}, 9_600, MANUAL))
    second = world.close(MON, world.see(MON, {MSFT: 2}, 9_600, MANUAL))
    third = world.close(MON, world.see(MON, {MSFT: 2}, 9_600, MANUAL))

    assert first.result_sha256 != second.result_sha256  # the first one opened the case
    assert second.result_sha256 == third.result_sha256


def test_the_same_break_is_the_same_case_one_session_older(both: World) -> None:
    both.open_with(10_000)
    both.close(THU, both.see(THU, {MSFT: 2}, 9_600, replace(MANUAL, executed_at=at(THU))))
    both.close(FRI, both.see(FRI, {MSFT: 2}, 9_600))
    monday_off = both.sessions.next(FRI)  # Tuesday: Monday is Martin Luther King Day
    both.close(monday_off, both.see(monday_off, {MSFT: 2}, 9_600))

    (case,) = both.cases()
    assert (case["age_sessions"], case["first_seen"], case["last_seen"]) == (2, THU, monday_off)
    assert events(both, case["break_id"]) == ["opened", "seen", "seen"]


def test_age_makes_a_small_break_critical(world: World) -> None:
    world.severities = Severities(critical_age=2)
    world.open_with(1_000)
    seen = [world.close(day, world.see(day, {}, 1_002)).findings[0].severity for day in (MON, TUE, WED)]

    assert seen == [Severity.WARNING, Severity.WARNING, Severity.CRITICAL]


def test_a_break_that_ended_is_closed_with_both_figures(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})
    both.close(MON, both.see(MON, {AAPL: 12}, 10_000))

    outcome = both.close(TUE, both.see(TUE, {AAPL: 10}, 10_000))

    (case,) = both.cases()
    assert (outcome.closed, outcome.open_breaks, case["state"]) == (1, 0, CaseState.CLOSED)
    proof = case["evidence"][-1]  # type: ignore[index]
    assert (proof["says"], proof["values"]) == ("both sides agree", {"ours": "10", "theirs": "10"})
    assert both.close(WED, both.see(WED, {AAPL: 10}, 10_000)).closed == 0


def test_a_break_that_returns_reopens_and_ages_anew(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})
    both.close(MON, both.see(MON, {AAPL: 12}, 10_000))
    both.close(TUE, both.see(TUE, {AAPL: 10}, 10_000))

    outcome = both.close(WED, both.see(WED, {AAPL: 12}, 10_000))

    (case,) = both.cases()
    assert (outcome.opened, case["state"], case["age_sessions"], case["first_seen"]) == (1, CaseState.OPEN, 0, WED)
    assert events(both, case["break_id"]) == ["opened", "closed", "reopened"]
    detail = both.history(0)[-1]["detail"]
    assert detail["first_seen_before"] == str(MON)  # type: ignore[index]


def test_a_run_for_an_earlier_session_leaves_a_later_case_alone(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})
    both.close(WED, both.see(WED, {AAPL: 12}, 10_000))
    cases = both.cases()

    both.close(TUE, both.see(TUE, {AAPL: 10}, 10_000))
    assert both.cases() == cases
    both.close(TUE, both.see(TUE, {AAPL: 15}, 10_000))
    assert both.cases() == cases


def test_a_closed_case_is_not_reopened_by_a_run_for_an_earlier_session(world: World) -> None:
    world.open_with(10_000, {AAPL: 10})
    world.close(MON, world.see(MON, {AAPL: 12}, 10_000))
    world.close(WED, world.see(WED, {AAPL: 10}, 10_000))

    world.close(TUE, world.see(TUE, {AAPL: 12}, 10_000))

    assert states(world) == {"AAPL": CaseState.CLOSED}


def test_what_a_session_booked_is_closed_by_the_next_one(both: World) -> None:
    both.open_with(1_000)
    both.close(MON, both.see(MON, {}, 1_010, *dividends(10)))
    assert states(both) == {"activity:d1": CaseState.RESOLVED}

    outcome = both.close(TUE, both.see(TUE, {}, 1_010))

    assert (outcome.closed, states(both)) == (1, {"activity:d1": CaseState.CLOSED})
    assert events(both, both.cases()[0]["break_id"]) == ["opened", "resolved", "closed"]


def test_a_case_that_only_the_statement_shows_is_not_closed_without_a_statement(world: World) -> None:
    world.open_with(10_000, {AAPL: 10})
    world.close(MON, world.see(MON, {AAPL: 10}, 10_000))
    world.book(event("adj", ActivityKind.ADJUSTMENT, TUE, instrument=AAPL, quantity=1), source="import")
    world.close(TUE, world.see(TUE, {AAPL: 11}, 10_000))
    assert states(world) == {"AAPL": CaseState.OPEN}

    world.close(WED, world.see(WED, {AAPL: 11}, 10_000, statement=False))
    assert states(world) == {"AAPL": CaseState.OPEN}
    world.close(THU, world.see(THU, {AAPL: 11}, 10_000))
    assert states(world) == {"AAPL": CaseState.CLOSED}


def test_figures_that_change_are_noted_with_the_case(world: World) -> None:
    world.open_with(10_000, {AAPL: 10})
    world.close(MON, world.see(MON, {AAPL: 12}, 10_000))
    world.close(TUE, world.see(TUE, {AAPL: 13}, 10_000))

    (case,) = world.cases()
    assert (case["theirs"], events(world, case["break_id"])) == (13, ["opened", "changed"])


def test_an_owner_stays_with_the_case(world: World) -> None:
    from sqlalchemy import update

    world.open_with(10_000, {AAPL: 10})
    world.close(MON, world.see(MON, {AAPL: 12}, 10_000))
    with world.stores.journal.write() as journal:
        journal.execute(update(tables.break_case).values(owner="the desk"))
    world.close(TUE, world.see(TUE, {AAPL: 12}, 10_000))

    assert [case["owner"] for case in world.cases()] == ["the desk"]


def test_cases_can_be_asked_for_as_they_stood(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})
    both.close(MON, both.see(MON, {AAPL: 12}, 10_000))
    both.close(TUE, both.see(TUE, {AAPL: 10}, 10_000))

    with both.stores.journal.read() as journal:
        assert read_cases(journal, both.name) == []
        assert [case["state"] for case in read_cases(journal, both.name, as_of=MON)] == [CaseState.OPEN]
        assert read_cases(journal, both.name, as_of=at(MON, "12:00")) == []
        assert len(read_cases(journal, as_of=datetime.fromisoformat("2026-01-12T23:00+00:00"))) == 1
        assert [case["state"] for case in read_cases(journal, states=[CaseState.CLOSED])] == [CaseState.CLOSED]
        assert read_cases(journal, both.account.account_id, states=[CaseState.RESOLVED]) == []


# Dry run


def test_a_dry_run_tells_and_changes_nothing(both: World) -> None:
    both.open_with(1_000)
    run = both.see(MON, {MSFT: 2}, 610, MANUAL, *dividends(10))  # type: ignore[arg-type]
    before = rows_in(both)

    outcome = both.close(MON, run, dry_run=True)

    assert outcome.state == "dry_run"
    assert {one.difference.subject for one in outcome.findings} == {"execution:x1", "activity:d1"}
    assert rows_in(both) == before
    assert both.close(MON, run).opened == 2


# Undo


def booked_dividend(world: World) -> str:
    world.open_with(1_000)
    world.close(MON, world.see(MON, {}, 1_010, *dividends(10)))  # type: ignore[arg-type]
    return str(world.cases()[0]["break_id"])


def cash_of(world: World) -> Decimal:
    post(world.stores.journal, world.stores.warehouse, world.name, world.settings.lot_method, at(MON, "23:30"))
    with world.stores.warehouse.write(world.name) as warehouse:
        table = warehouse_tables.ledger_entry
        wanted = select(func.sum(table.c.quantity)).where(table.c.instrument_id.is_(None))
        return Decimal(str(warehouse.execute(wanted).scalar_one()))


def test_an_undone_resolution_is_reversed_in_the_book(both: World) -> None:
    name = booked_dividend(both)
    assert cash_of(both) == 1_010

    case = undo_resolution(both.stores.journal, name, "ops", "wrong account", at(MON, "23:00"))

    assert (case.state, case.resolution) == (CaseState.OPEN, None)
    assert cash_of(both) == 1_000
    detail = both.history(0)[-1]["detail"]
    assert (detail["actor"], detail["reason"], detail["reversed"]) == ("ops", "wrong account", ["d1"])  # type: ignore[index]


def test_what_a_person_took_back_no_rule_resolves_again(both: World) -> None:
    name = booked_dividend(both)
    undo_resolution(both.stores.journal, name, "ops", "wrong account", at(MON, "23:00"))

    outcome = both.close(TUE, both.see(TUE, {}, 1_010))

    (found,) = outcome.findings
    assert (outcome.resolved, outcome.open_breaks) == (0, 1)
    assert "took" in found.explanation
    assert both.cases()[0]["break_id"] == name


def test_a_closed_case_whose_booking_is_undone_is_open_again(world: World) -> None:
    name = booked_dividend(world)
    world.close(TUE, world.see(TUE, {}, 1_010))
    assert states(world) == {"activity:d1": CaseState.CLOSED}

    undo_resolution(world.stores.journal, name, "ops", "late doubt", at(TUE, "23:00"))

    assert states(world) == {"activity:d1": CaseState.OPEN}


def test_a_split_is_taken_back_with_its_units(world: World) -> None:
    world.open_with(10_000, {AAPL: 10})
    split = event("s1", ActivityKind.SPLIT, MON, instrument=AAPL, quantity=30, ratio="4")
    world.close(MON, world.see(MON, {AAPL: 40}, 10_000, split, prices={"AAPL": "25"}))
    name = str(world.cases()[0]["break_id"])

    undo_resolution(world.stores.journal, name, "ops", "not ours", at(MON, "23:00"))
    outcome = world.close(TUE, world.see(TUE, {AAPL: 40}, 10_000, prices={"AAPL": "25"}))

    (found,) = outcome.findings
    assert [(one.ours, one.theirs) for one in found.symptoms] == [(10, 40)]


def test_a_wait_that_is_undone_waits_no_more(world: World) -> None:
    world.open_with(5_000, {AAPL: 10})
    sold = fill("x1", AAPL, -10, 100, MON)
    world.book(sold)
    world.close(MON, world.see(MON, {}, 5_000, sold))
    name = str(world.cases()[0]["break_id"])

    undo_resolution(world.stores.journal, name, "ops", "ask the broker", at(MON, "23:00"))
    outcome = world.close(MON, world.see(MON, {}, 5_000, sold))

    assert (outcome.resolved, outcome.open_breaks) == (0, 1)
    assert "a person took this resolution back" in outcome.findings[0].explanation


def test_nothing_is_undone_twice_or_where_nothing_was_resolved(world: World) -> None:
    name = booked_dividend(world)
    undo_resolution(world.stores.journal, name, "ops", "once", at(MON, "23:00"))

    with pytest.raises(DataError, match="is open"):
        undo_resolution(world.stores.journal, name, "ops", "twice", at(MON, "23:01"))
    with pytest.raises(StoreError, match="no break BRK-nope"):
        undo_resolution(world.stores.journal, "BRK-nope", "ops", "what", at(MON, "23:02"))


def test_a_case_that_closed_by_itself_cannot_be_undone(world: World) -> None:
    world.open_with(10_000, {AAPL: 10})
    world.close(MON, world.see(MON, {AAPL: 12}, 10_000))
    world.close(TUE, world.see(TUE, {AAPL: 10}, 10_000))

    with pytest.raises(DataError, match="nothing was booked"):
        undo_resolution(world.stores.journal, str(world.cases()[0]["break_id"]), "ops", "why", at(TUE, "23:00"))
