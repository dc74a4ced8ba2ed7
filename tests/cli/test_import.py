"""tieout import: files booked with their signature, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from sql.journal import Journal
from sql.quarantine import read_kept
from sql.rows import read_rows
from sql.schema import journal as tables
from tests.cli.conftest import Desk
from tests.unit.imports.test_examples import EXAMPLES

MICROCAP = (str(EXAMPLES / "microcap" / "Daily Updates.csv"), str(EXAMPLES / "microcap" / "Trade Log.csv"))
SIGNED = ("--account", "alpaca-main", "--signed-off-by", "desk")
OPENING = "asset_class,symbol,quantity,unit_cost,currency\nequity,KO,10,58.1,USD\ncash,USD,1000.5,,USD\n"


def rows(desk: Desk, table: Any) -> list[dict[str, Any]]:
    journal = Journal.open(f"sqlite:///{desk.folder}/data/journal.sqlite")
    try:
        with journal.read() as connection:
            return read_rows(connection, select(table).order_by(table.c.seq))
    finally:
        journal.close()


@pytest.fixture
def opening(desk: Desk) -> str:
    file = desk.folder / "opening.csv"
    file.write_text(OPENING)
    return str(file)


def test_opening_positions_are_booked_with_file_line_and_signature(desk: Desk, opening: str) -> None:
    booked = desk.json("import", "positions", opening, "--as-of", "2026-02-27", *SIGNED)

    assert (booked["new"], booked["repeated"], booked["as_of"]) == (2, 0, "2026-02-27")
    position, cash = rows(desk, tables.activity)
    assert (position["kind"], position["quantity"], position["source"]) == ("opening", 10, "import")
    assert str(cash["amount"]) == "1000.5"
    evidence = position["evidence"]
    assert (evidence["file"], evidence["line"], evidence["signed_off_by"]) == ("opening.csv", 2, "desk")
    assert len(evidence["sha256"]) == 64
    assert str(position["business_date"]) == "2026-02-27"


def test_importing_a_file_twice_books_nothing_twice(desk: Desk, opening: str) -> None:
    words = ("import", "positions", opening, "--as-of", "2026-02-27", *SIGNED)
    desk(*words)

    again = desk.json(*words)

    assert (again["new"], again["repeated"]) == (0, 2)
    assert len(rows(desk, tables.activity)) == 2


def test_another_opening_for_the_same_instrument_is_refused(desk: Desk, opening: str) -> None:
    desk("import", "positions", opening, "--as-of", "2026-02-27", *SIGNED)
    Path(opening).write_text(OPENING.replace("KO,10,", "KO,11,"))

    result = desk("import", "positions", opening, "--as-of", "2026-02-27", *SIGNED, expect=1)

    assert "in the journal with another content" in result.stderr
    assert len(rows(desk, tables.activity)) == 2


def test_a_dry_run_books_nothing(desk: Desk, opening: str) -> None:
    result = desk("import", "positions", opening, "--as-of", "2026-02-27", *SIGNED, "--dry-run")

    assert "2 records would be booked" in result.stdout
    assert "dry run: nothing was booked" in result.stderr
    assert rows(desk, tables.activity) == []


def test_the_only_account_need_not_be_named(desk: Desk, opening: str) -> None:
    desk("import", "positions", opening, "--as-of", "2026-02-27", "--signed-off-by", "desk")


def test_one_of_several_accounts_must_be_named(desk: Desk, opening: str) -> None:
    desk.configure(more='[accounts.other]\nbroker = "alpaca"\n')

    result = desk("import", "positions", opening, "--signed-off-by", "desk", expect=1)

    assert "say which account: --account alpaca-main or other" in result.stderr


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        (OPENING, ("--as-of", "2026-03-01"), "2026-03-01"),
        (OPENING, ("--as-of", "2026-03-03"), "which is still to come"),
        (OPENING, (), "say which session's close"),
        (OPENING.replace("KO,10", "KO,-10"), ("--as-of", "2026-02-27"), "opening.csv line 2: quantity -10 is negative"),
        ("", ("--as-of", "2026-02-27"), "opening.csv: the file is empty"),
    ],
)
def test_a_file_that_cannot_be_booked_says_why(
    desk: Desk, opening: str, content: str, more: tuple[str, ...], said: str
) -> None:
    Path(opening).write_text(content)

    assert said in desk("import", "positions", opening, *SIGNED, *more, expect=1).stderr
    assert rows(desk, tables.activity) == []


def test_a_file_that_is_not_there_is_named(desk: Desk) -> None:
    assert "nowhere.csv: No such file" in desk("import", "csv", "nowhere.csv", *SIGNED, expect=1).stderr


def test_a_portfolio_kept_by_hand_is_booked_and_its_blemishes_are_told(desk: Desk) -> None:
    told = desk("import", "csv", *MICROCAP, *SIGNED).stdout

    assert "11 records booked, 0 known already, 1 lines held back, opening as of 2025-10-31" in told
    assert "1 cash_jump, 1 cost_basis_mismatch, 1 duplicate_trade, 3 float_tail, 1 fractional_mismatch" in told
    assert len(rows(desk, tables.execution)) == 10
    assert {str(row["execution_id"])[:4] for row in rows(desk, tables.execution)} == {"LOG-"}


def test_the_order_of_the_two_files_does_not_matter(desk: Desk) -> None:
    report = desk.json("import", "csv", *reversed(MICROCAP), *SIGNED)

    assert report["new"] == 11
    assert [one["line"] for one in report["held"]] == [7]
    assert {one["severity"] for one in report["blemishes"]} == {"info", "warning", "critical"}


def test_a_held_row_is_kept_once_and_can_be_accepted_later(desk: Desk) -> None:
    desk("import", "csv", *MICROCAP, *SIGNED)
    desk("import", "csv", *MICROCAP, *SIGNED)

    journal = Journal.open(f"sqlite:///{desk.folder}/data/journal.sqlite")
    with journal.read() as connection:
        (kept,) = read_kept(connection)
    journal.close()
    assert kept.reason == "Trade Log.csv line 7: duplicate_trade"
    assert kept.body.startswith(b"2025-11-10,LARK")

    later = desk.json("import", "csv", *MICROCAP, *SIGNED, "--accept", "7")
    assert (later["new"], later["repeated"]) == (1, 11)


def test_a_file_of_executions_is_booked(desk: Desk) -> None:
    booked = desk.json("import", "csv", str(EXAMPLES / "executions.csv"), *SIGNED)

    assert (booked["new"], booked["blemishes"]) == (2, [])


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (MICROCAP[:1], "Daily Updates.csv is a daily file"),
        ((str(EXAMPLES / "opening.csv"),), "opening.csv is a file of opening positions"),
        ((MICROCAP[0], MICROCAP[0]), "Daily Updates.csv is a daily file, Daily Updates.csv is a daily file"),
    ],
)
def test_a_set_of_files_that_makes_no_book_is_explained(desk: Desk, files: tuple[str, ...], said: str) -> None:
    result = desk("import", "csv", *files, *SIGNED, expect=1)

    assert "expected a daily file and its trade log, or one file of executions" in result.stderr
    assert said in result.stderr
