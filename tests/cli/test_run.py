"""tieout run, and what the other commands say of the run afterwards: a real Prefect server, a real socket, two runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.cli.server import prefect_server
from simulator.protocols.alpaca import AlpacaFace
from tests.cli.conftest import Desk
from tests.contract.world import MONDAY_CLOSE, a_world, an_order
from tests.databases import FileTemplate

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cli-run")]  # one server for all of them
RUN = ("run", "eod-reconciliation", "--account", "alpaca-main")
FIRST, SECOND = "alpaca-main-20260302-01", "alpaca-main-20260302-02"


@pytest.fixture(scope="module")
def _environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the environment of a desk, and a server that every command finds by PREFECT_API_URL."""
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch:
        for name in [one for one in os.environ if one.startswith(("TIEOUT_", "ALPACA_", "APCA_", "DRY_RUN", "LOG_"))]:
            patch.delenv(name)
        patch.setenv("TIEOUT_NOW", MONDAY_CLOSE.isoformat())
        patch.setenv("ALPACA_API_KEY", "PKTEST")
        patch.setenv("ALPACA_API_SECRET", "test-secret-of-the-first")
        patch.chdir(folder)
        with prefect_server(folder / "prefect", always=True):
            yield folder


@pytest.fixture(scope="module")
def ran(_environment: Path, file_template: FileTemplate) -> Iterator[Desk]:
    """A desk whose book lacks what somebody bought on the day, after its first run."""
    world = a_world()
    world.account.submit(an_order())
    world.clock.advance_to(MONDAY_CLOSE)
    desk = Desk(_environment)
    file_template.copy_to(_environment / "data").close()
    with AlpacaFace(world.venue) as face:
        desk.configure(face.base_url)
        opening = (
            "asset_class,symbol,quantity,unit_cost,currency\nequity,KO,10.557436865,58.1,USD\ncash,USD,100000,,USD\n"
        )
        (_environment / "opening.csv").write_text(opening)
        desk("import", "positions", "opening.csv", "--as-of", "2026-02-27", "--signed-off-by", "desk")
        told = desk.json(*RUN, expect=3)
        assert told["exit_code"] == 3
        assert [one["run"] for one in told["accounts"]] == [FIRST]
        assert told["accounts"][0]["coverage"] == "1"
        assert [Path(one).is_file() for one in told["reports"]] == [True]
        yield desk


def test_the_open_breaks_are_listed_heaviest_first(ran: Desk) -> None:
    cases = ran.json("breaks")

    weights = [case["severity"] for case in cases]
    assert weights == sorted(weights, key=["critical", "warning", "info"].index)
    assert {case["subject"] for case in cases} >= {"BAC", "BTC/USD"}
    assert ran.json("breaks", "--as-of", "2026-02-27") == []
    assert ran.json("breaks", "--as-of", "2026-03-02", "--account", "alpaca-main") == cases
    assert f"{len(cases)} breaks" in ran("breaks").stdout
    assert "No breaks are open." in ran("breaks", "--as-of", "2026-03-02T00:00:00Z").stdout


def test_each_break_can_be_explained(ran: Desk) -> None:
    for case in ran.json("breaks", "--all"):
        chain = ran.json("explain", "break", case["break_id"])
        assert chain["run"]["run_id"].startswith("alpaca-main-20260302-")
        assert chain["raw"]


def test_a_run_replays_to_the_same_bytes(ran: Desk) -> None:
    assert ran.json("replay", FIRST)["same"]
    assert "the same, byte for byte" in ran("replay", FIRST).stdout
    assert "there is no run nobody" in ran("replay", "nobody", expect=1).stderr


def test_the_report_is_made_again_from_the_stores(ran: Desk) -> None:
    made = ran.json("report", FIRST)

    page = Path(made["path"]).read_text()
    assert [one["run_id"] for one in made["accounts"]] == [FIRST]
    assert "alpaca-main" in page
    assert "test-secret" not in page
    assert FIRST in ran("report", "--date", "2026-03-02").stdout
    assert "no run has ended yet for 2026-02-27" in ran("report", "--date", "2026-02-27", expect=1).stderr
    ran("report", FIRST, "--date", "2026-03-02", expect=2)


def test_running_again_opens_nothing_new_and_a_dry_run_says_so(ran: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {case["break_id"] for case in ran.json("breaks")}
    monkeypatch.setenv("DRY_RUN", "true")

    result = ran(*RUN, "--date", "2026-03-02", expect=3)

    assert SECOND in result.stdout
    assert "(dry run)" in result.stdout
    assert "Report: " in result.stdout
    assert "dry run, because DRY_RUN=true" in result.stderr
    assert {case["break_id"] for case in ran.json("breaks")} == before


def test_a_session_that_has_not_closed_fails_with_the_reason(ran: Desk) -> None:
    result = ran(*RUN, "--date", "2026-03-03", expect=1)

    assert "cannot be reconciled before" in result.output


def test_a_watching_flow_says_what_came_of_it(ran: Desk) -> None:
    told = ran.json("run", "credential-rotation", "--account", "alpaca-main")

    assert told["state"] == "Rested"
    assert told["message"] == "1 credentials"
    assert "has no dry run" in ran("run", "broker-health", "--dry-run", expect=2).stderr


def test_a_sweep_finds_nothing_where_nobody_died(ran: Desk) -> None:
    assert ran("run", "sweep").stdout.startswith("Clean: nothing was left behind")
    ran("run", "sweep", "--account", "alpaca-main", expect=2)


def test_a_run_replays_to_the_same_bytes_from_a_restored_backup(ran: Desk) -> None:
    before = ran.json("replay", FIRST)
    ran("backup", "copies/today.tar.gz")
    for name in ("journal.sqlite", "tieout.duckdb", "tieout.published.duckdb"):
        (ran.folder / "data" / name).unlink()
    for log in (ran.folder / "data").glob("journal.sqlite-*"):
        log.unlink()

    ran("restore", "copies/today.tar.gz")

    assert ran.json("replay", FIRST) == before
    assert before["same"] is True
    assert ran("audit", "verify").stdout.startswith("unbroken")
