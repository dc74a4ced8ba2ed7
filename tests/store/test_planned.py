"""The day's plan in the journal, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import event

from sql.leases import acquire, release
from sql.planned import (
    first_planned,
    note_begun,
    note_differences,
    note_ended,
    read_ends,
    read_leases,
    read_planned,
    read_planned_of,
    withdrawn,
    write_planned,
)
from sql.runs import end_run, start_run
from tests.databases import Stores
from tieout.ids import AccountId
from tieout.planning.keep import Kept, PlanState
from tieout.planning.rules import run_key

NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)
ONE, TWO = AccountId("one"), AccountId("two")
FRIDAY, TUESDAY = date(2026, 1, 16), date(2026, 1, 20)
FLOW = "execution-window"


def row(account: AccountId = ONE, session: date = FRIDAY, part: str = "session", run: str = "run-1") -> Kept:
    key = run_key(FLOW, part, account, session)
    return Kept(key, FLOW, part, account, session, NOW + timedelta(hours=2), PlanState.PLANNED, run, why="open")


def test_a_plan_is_written_read_and_keeps_what_has_begun(stores: Stores) -> None:
    rows = [row(), row(part="close", run="run-2"), row(session=TUESDAY, run="run-3"), row(TWO, run="run-1")]
    with stores.journal.write() as journal:
        assert first_planned(journal, ONE) is None
        write_planned(journal, rows, NOW)
        write_planned(journal, rows, NOW)
        write_planned(journal, [], NOW)
        assert note_begun(journal, "run-1", NOW) == 2
        assert note_begun(journal, "run-1", NOW) == 0
        write_planned(journal, [replace(rows[0], at=NOW), withdrawn(rows[1], "called off")], NOW)
    with stores.journal.write() as journal:
        found = read_planned(journal, [ONE], FRIDAY, FRIDAY)
        assert first_planned(journal, ONE) == FRIDAY
        assert {key: one.state for key, one in found.items()} == {
            rows[0].key: PlanState.BEGUN,
            rows[1].key: PlanState.WITHDRAWN,
        }
        assert found[rows[0].key] == replace(rows[0], state=PlanState.BEGUN)
        assert [one.part for one in read_planned_of(journal, FLOW, ONE, TUESDAY)] == ["session"]
        note_ended(journal, {"run-1": "Done"}, NOW)
        ended = read_planned(journal, [ONE, TWO], FRIDAY)
        assert {one.words for one in ended.values() if one.state is PlanState.ENDED} == {"Done"}
        assert len(ended) == 4


def test_leases_and_runs_of_a_session_are_found_windows_included(stores: Stores) -> None:
    with stores.journal.write() as journal:
        lease = acquire(journal, f"one:{FLOW}/session:{FRIDAY}", "host:1", NOW, timedelta(minutes=10))
        acquire(journal, f"one:eod-reconciliation:{FRIDAY}", "host:2", NOW, timedelta(minutes=10))
        run = start_run(journal, ONE, FLOW, FRIDAY, NOW, "run-1")
        end_run(journal, run, "done", {}, NOW)
        assert [one["holder"] for one in read_leases(journal, FLOW, ONE, FRIDAY, NOW)] == ["host:1"]
        assert [one["holder"] for one in read_leases(journal, "eod-reconciliation", ONE, FRIDAY, NOW)] == ["host:2"]
        assert read_leases(journal, FLOW, ONE, FRIDAY, NOW + timedelta(minutes=11)) == []
        release(journal, lease, NOW)
        assert read_leases(journal, FLOW, ONE, FRIDAY, NOW) == []
        assert [(one["run_id"], one["state"]) for one in read_ends(journal, FLOW, ONE, FRIDAY)] == [(run, "done")]


def test_a_whole_plan_is_written_by_one_statement(stores: Stores) -> None:
    rows = [row(AccountId(f"account {number:03}"), run=f"run-{number}") for number in range(300)]
    asked: list[str] = []
    with stores.journal.write() as journal:
        event.listen(journal.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        write_planned(journal, rows, NOW)
        write_planned(journal, [replace(one, report=True) for one in rows], NOW)
        assert len([one for one in asked if "planned_run" in one]) == 2
        found = read_planned(journal, [one.account_id for one in rows], FRIDAY)
    assert found == {one.key: replace(one, report=True) for one in rows}


def test_a_difference_of_calendars_is_news_once_and_again_when_it_changes(stores: Stores) -> None:
    with stores.journal.write() as journal:
        said = {FRIDAY: "closes at 13:00", TUESDAY: "no session"}
        assert note_differences(journal, ONE, said, FRIDAY, NOW) == said
        assert note_differences(journal, ONE, said, FRIDAY, NOW) == {}
        assert note_differences(journal, ONE, {FRIDAY: "closes at 12:00"}, FRIDAY, NOW) == {FRIDAY: "closes at 12:00"}
        assert note_differences(journal, ONE, {}, FRIDAY, NOW) == {}
        assert note_differences(journal, ONE, said, FRIDAY, NOW) == said
