"""Each case at 5,000 rows, the fewest at which every kind of break is there once. Nothing is said of time."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import (
    child,
    coins,
    data,
    flowing,
    judging,
    measuring,
    ordering,
    peers,
    reconciling,
    starting,
    venue,
    writing,
)
from benchmarks.harness import Measured, Result, compared, middle

ROWS = data.EVERY * data.KINDS


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("benchmarks")
    reconciling.prepare(ROWS, folder)
    return folder


def test_our_query_finds_what_is_broken_on_purpose(filled: Path) -> None:
    assert reconciling.reconcile(ROWS, filled)["found"] == data.differing(ROWS) == data.KINDS


def test_our_query_tells_each_kind_of_break_apart(filled: Path) -> None:
    from sql.warehouse import Warehouse

    with Warehouse.open(measuring.warehouse_url(filled, ROWS)).write() as connection:
        found = {row.instrument_id: row for row in connection.execute(*reconciling.asked(ROWS))}
    kinds = {(key // data.EVERY) % data.KINDS: row for key, row in found.items()}
    assert kinds[0].broker == 2 * kinds[0].book
    assert kinds[1].broker == -kinds[1].book
    assert not kinds[2].listed
    assert (kinds[3].broker, kinds[3].broker_cost) == (kinds[3].book, 2 * kinds[3].book_cost)
    assert kinds[4].broker == kinds[4].implied == kinds[4].book + data.BOUGHT


def test_the_floor_finds_what_differs_in_quantity(tmp_path: Path) -> None:
    assert peers.bare_joins(ROWS, tmp_path)["found"] == data.differing_in_quantity(ROWS) == data.KINDS - 1


@pytest.mark.parametrize("peer", reconciling.PEERS)
def test_each_peer_finds_the_same(peer: str, tmp_path: Path) -> None:
    pytest.importorskip(peer.partition("_")[0], reason="the peers are installed by `make bench`")
    assert child.CASES[peer](ROWS, tmp_path)["found"] == data.differing(ROWS)


def test_the_suites_and_the_raw_pass_find_the_same_rows(filled: Path) -> None:
    ours, raw = judging.judged(ROWS, filled), judging.raw_checks(ROWS, filled)
    assert ours["failed"] == raw["failed"] > 0


@pytest.mark.parametrize("case", writing.CASES)
def test_each_writer_writes(case: measuring.Case, tmp_path: Path) -> None:
    assert case(ROWS, tmp_path)["found"] == ROWS


@pytest.mark.slow
def test_the_close_ties_out_every_account_of_the_venue(tmp_path: Path) -> None:
    assert flowing.close(2, tmp_path)["found"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("case", ordering.CASES)
def test_every_order_of_a_window_is_filled_and_booked(case: measuring.Case, tmp_path: Path) -> None:
    told = case(4, tmp_path)
    assert told["found"] == 4
    assert 0 < told["ours"]["median"] <= told["ours"]["p99"]


@pytest.mark.parametrize("case", [starting.help_shown, starting.prefect_imported])
def test_each_program_starts(case: measuring.Case, tmp_path: Path) -> None:
    assert case(1, tmp_path)["seconds"] > 0


@pytest.mark.slow
def test_the_server_tells_when_the_first_task_of_each_flow_began(tmp_path: Path) -> None:
    from flows.cli.server import pointing_to, running_server

    with running_server(tmp_path / "prefect") as url, pointing_to(url):
        assert starting.begun(starting.CLOSE, "eod-reconciliation", tmp_path)["seconds"] > 0
        assert starting.begun(starting.EMPTY, "empty", tmp_path)["seconds"] > 0


def test_accounts_of_the_venue_hold_different_keys() -> None:
    keys = {one.terms.key_id for one in venue.scenario(100).accounts}
    assert len(keys) == 100


def test_every_case_can_be_asked_for_by_name() -> None:
    assert {*reconciling.PEERS, "reconcile", "bare_joins", "close"} <= child.CASES.keys()


@pytest.mark.parametrize(("value", "holds"), [(2.0, True), (2.5, True), (2.6, False)])
def test_a_goal_is_held_up_to_its_limit(value: float, holds: bool) -> None:
    assert compared("x", value, "y", 1.0, at_most=2.5).holds is holds


@pytest.mark.parametrize(("peer", "holds"), [(20.0, True), (19.9, False)])
def test_twenty_times_faster_means_the_peer_takes_twenty_times_as_long(peer: float, holds: bool) -> None:
    assert compared("x", 1.0, "y", peer, faster=20).holds is holds


def test_a_line_without_a_goal_neither_holds_nor_misses() -> None:
    line: Result = compared("x", 1.0, "y", 2.0)
    assert (line.goal, line.holds) == ("", None)


def test_a_peer_that_measured_nothing_is_no_peer() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        compared("x", 1.0, "y", 0.0)


def test_the_middle_run_is_kept_whole() -> None:
    runs = [Measured(seconds, peak, {}) for seconds, peak in ((3.0, 30.0), (1.0, 10.0), (2.0, 20.0))]
    assert middle(runs) == Measured(2.0, 20.0, {})


@pytest.mark.parametrize("name", coins.VENUES)
def test_a_coin_snapshot_and_the_bare_calls_make_the_same_requests_and_find_the_same(name: str, tmp_path: Path) -> None:
    assert child.CASES[f"{name}_rounds"](1, tmp_path)["requests"] > 10
    assert child.CASES[f"{name}_snapshot"](1, tmp_path)["found"] == child.CASES[f"{name}_bare"](1, tmp_path)["found"]
