"""Break locks on a real Prefect server: a critical break makes its instrument reduce-only, a clean close frees it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import ALWAYS, Truncate
from tests.contract.world import World
from tests.flows.conftest import OPENING, FlowDesk

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
DAY = date(2026, 3, 2)


@pytest.fixture
def empty_book(flow_desk: FlowDesk, face: AlpacaFace, world: World) -> FlowDesk:
    """A desk whose account holds positions that no book knows of."""
    assert world.account.positions()
    return flow_desk.account("alpaca-main", face.base_url)


def import_positions(desk: FlowDesk) -> None:
    from typer.testing import CliRunner

    from flows.cli.main import app

    (desk.folder / "opening.csv").write_text(OPENING)
    words = ["import", "positions", "opening.csv", "--as-of", "2026-02-27", "--signed-off-by", "desk"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output


def locks(desk: FlowDesk) -> dict[str, tuple[str, Any]]:
    rows = desk.journal_rows("SELECT name, state, lifted_by FROM breaker WHERE name LIKE 'break_lock:%'")
    return {row["name"].partition(":")[2]: (row["state"], row["lifted_by"]) for row in rows}


def test_an_open_critical_break_locks_its_instrument_until_a_clean_close(empty_book: FlowDesk) -> None:
    assert empty_book.close(date=DAY).name == "Critical breaks"
    assert locks(empty_book)["KO"] == ("reduce_only", None)

    import_positions(empty_book)

    assert empty_book.close(date=DAY).name == "Tied out"
    assert set(locks(empty_book).values()) == {("lifted", "tie-out")}


def test_a_dry_run_locks_nothing(empty_book: FlowDesk) -> None:
    empty_book.close(date=DAY, dry_run=True)

    assert locks(empty_book) == {}


def test_a_quarantined_close_frees_nothing(empty_book: FlowDesk, face: AlpacaFace) -> None:
    empty_book.close(date=DAY)
    before = locks(empty_book)
    import_positions(empty_book)
    face.faults.add(Truncate(200), "/v2/positions", times=ALWAYS)

    assert empty_book.close(date=DAY).name == "Quarantined"
    assert locks(empty_book) == before
    assert before["KO"] == ("reduce_only", None)


def test_where_breakers_are_switched_off_nothing_is_locked_and_what_was_locked_is_freed(empty_book: FlowDesk) -> None:
    empty_book.close(date=DAY)
    assert locks(empty_book)["KO"] == ("reduce_only", None)
    empty_book.configure(empty_book.more + "[risk]\nenable_circuit_breakers = false\n")

    empty_book.close(date=DAY)

    assert set(locks(empty_book).values()) == {("lifted", "settings")}
