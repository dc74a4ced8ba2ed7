"""tieout audit: the trail is shown, proven, anchored and taken away."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable

import pyarrow.parquet as pq

from tests.cli.conftest import Desk

Connect = Callable[..., Desk]
POSITIONS = "asset_class,symbol,side,quantity,unit_cost,currency\nequity,KO,long,10,58.1,USD\ncash,USD,,100000,,USD\n"


def acted(desk: Desk) -> Desk:
    """A desk where somebody halted, lifted, and imported."""
    desk("halt", "--reason", "test", "--by", "desk", "--account", "alpaca-main")
    desk("resume", "--reason", "over", "--by", "head", "--account", "alpaca-main")
    (desk.folder / "opening.csv").write_text(POSITIONS)
    desk("import", "positions", "opening.csv", "--as-of", "2026-02-27", "--signed-off-by", "desk")
    return desk


def edit(desk: Desk, statement: str) -> None:
    with sqlite3.connect(desk.folder / "data" / "journal.sqlite") as journal:
        assert journal.execute(statement).rowcount > 0


def test_decisions_stand_in_the_trail_with_who_and_what(desk: Desk) -> None:
    found = acted(desk).json("audit", "show")

    told = [(one["actor"], one["action"], one["subject"]) for one in found if one["action"] != "config.changed"]
    assert told == [
        ("desk", "breaker.tripped", "manual"),
        ("head", "breaker.lifted", "manual"),
        ("desk", "import.booked", "opening.csv"),
    ]
    assert found[-1]["detail"]["new"] == 2
    assert "breaker.lifted" in desk("audit", "show", "--account", "alpaca-main", "--action", "breaker").stdout
    assert desk("audit", "show", "--actor", "nobody").stdout.strip() == "There are no such events."


def test_a_dry_run_leaves_no_trace(desk: Desk) -> None:
    (desk.folder / "opening.csv").write_text(POSITIONS)
    desk("import", "positions", "opening.csv", "--as-of", "2026-02-27", "--signed-off-by", "desk", "--dry-run")

    assert desk.json("audit", "show", "--action", "import") == []


def test_changed_settings_are_noted_with_hashes_before_and_after(desk: Desk) -> None:
    acted(desk)
    first = desk.json("audit", "show", "--action", "config")
    desk.configure(more="[risk]\nmax_leverage = 2\n")
    desk("halt", "--reason", "test", "--by", "desk")

    changes = desk.json("audit", "show", "--action", "config")

    assert len(changes) == len(first) + 1
    detail = changes[-1]["detail"]
    assert detail["changed"] == ["accounts.alpaca-main"]
    assert detail["before"] == first[-1]["detail"]["after"] != detail["after"]


def test_an_unbroken_trail_is_said_to_be_so(desk: Desk) -> None:
    assert "unbroken: " in acted(desk)("audit", "verify").stdout
    assert "no anchor was compared" in desk("audit", "verify").stderr
    assert desk.json("audit", "verify")["unbroken"] is True


def test_an_edit_is_found_and_the_exit_code_says_so(desk: Desk) -> None:
    edit(acted(desk), "UPDATE audit_event SET actor = 'nobody' WHERE action = 'breaker.lifted'")

    found = desk.json("audit", "verify", expect=1)

    assert [one["fault"] for one in found["findings"]] == ["edited"]
    assert "edited: what it says is not what its hash was made from" in desk("audit", "verify", expect=1).stdout


def test_a_tail_that_was_cut_off_with_the_note_of_it_is_found_by_the_anchor(desk: Desk) -> None:
    made = acted(desk).json("audit", "anchor")["anchor"]
    edit(desk, "DELETE FROM audit_event WHERE event_id > 2")
    last = "(SELECT event_hash FROM audit_event WHERE event_id = 2)"
    edit(desk, f"UPDATE audit_chain SET event_id = 2, event_hash = {last}")

    found = desk.json("audit", "verify", expect=1)

    assert [(one["fault"], one["number"]) for one in found["findings"]] == [("truncated", made["number"])]
    assert "BROKEN" in desk("audit", "anchor", expect=1).stdout


def test_an_anchor_that_was_taken_away_is_missed(desk: Desk) -> None:
    acted(desk)("audit", "anchor")
    file = desk.folder / "data" / "out" / "audit" / "anchors.jsonl"
    kept = file.read_text()
    file.unlink()

    assert desk.json("audit", "verify", expect=1)["findings"][0]["fault"] == "unanchored"

    (desk.folder / "elsewhere.jsonl").write_text(kept)
    assert desk.json("audit", "verify", "--anchors", "elsewhere.jsonl")["anchored"] == 1


def test_an_unreadable_file_of_anchors_is_refused(desk: Desk) -> None:
    (desk.folder / "a.jsonl").write_text('{"day": "2026-03-02"}\n')

    assert "a.jsonl line 1: no anchor" in desk("audit", "verify", "--anchors", "a.jsonl", expect=1).stderr
    assert "cannot be read" in desk("audit", "verify", "--anchors", "nowhere.jsonl", expect=1).stderr


def test_an_empty_trail_is_not_anchored(desk: Desk) -> None:
    assert desk.json("audit", "anchor")["anchor"] is None
    assert "unbroken: 0 events" in desk("audit", "anchor").stdout


def test_a_range_is_exported_as_csv_and_parquet(desk: Desk) -> None:
    acted(desk)
    everything = desk.json("audit", "show")

    assert desk.json("audit", "export", "trail.csv", "--from", "2026-03-02", "--to", "2026-03-02")["events"] == len(
        everything
    )
    with (desk.folder / "trail.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["event_hash"] for row in rows] == [one["event_hash"] for one in everything]
    assert json.loads(rows[-1]["detail"])["new"] == 2

    desk("audit", "export", "trail.parquet", "--action", "breaker")
    table = pq.read_table(desk.folder / "trail.parquet")
    assert table["action"].to_pylist() == ["breaker.tripped", "breaker.lifted"]
    assert desk.json("audit", "export", "none.csv", "--from", "2026-03-03")["events"] == 0


def test_an_export_into_something_else_is_refused(desk: Desk) -> None:
    assert ".csv or .parquet" in desk("audit", "export", "trail.xlsx", expect=1).stderr
    assert "cannot be written" in desk("audit", "export", "nowhere/trail.csv", expect=1).stderr


def test_calls_to_the_broker_are_noted_without_body_or_secret(connected: Connect) -> None:
    desk = connected()
    desk("doctor")

    calls = desk.json("audit", "show", "--action", "broker.call")

    assert {one["detail"]["broker"] for one in calls} == {"alpaca"}
    assert {"GET /v2/account", "GET /v2/clock"} <= {one["subject"].split("?")[0] for one in calls}
    assert all(one["detail"]["status"] == 200 and one["detail"]["latency_ms"] >= 0 for one in calls)
    assert "test-secret" not in json.dumps(calls)
    assert "PKTEST" not in json.dumps(calls)
