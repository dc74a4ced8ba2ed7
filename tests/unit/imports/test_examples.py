"""The example files say what the README beside them promises."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.unit.imports.files import BOOK, NYSE, found
from tieout.imports.csv_table import SourceFile
from tieout.imports.executions import read_executions
from tieout.imports.microcap import read_microcap
from tieout.imports.positions import read_positions

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def load(path: str) -> SourceFile:
    file = EXAMPLES / path
    return SourceFile(file.name, file.read_bytes())


def test_the_hand_kept_portfolio_has_the_slips_that_its_readme_names() -> None:
    book = read_microcap(
        load("microcap/Daily Updates.csv"),
        load("microcap/Trade Log.csv"),
        BOOK,
        signed_off_by="desk",
        sessions=NYSE,
    )

    assert found(book) == [
        ("Daily Updates.csv", 30, "float_tail", "RBNX"),
        ("Daily Updates.csv", 36, "cash_jump", "TOTAL"),
        ("Daily Updates.csv", 47, "stale_price", "FNCH"),
        ("Daily Updates.csv", 48, "stale_price", "WREN"),
        ("Daily Updates.csv", 49, "stale_price", "RBNX"),
        ("Daily Updates.csv", 51, "cost_basis_mismatch", "FNCH"),
        ("Trade Log.csv", 5, "late_booking", "SWFT"),
        ("Trade Log.csv", 7, "duplicate_trade", "LARK"),
        ("Trade Log.csv", 8, "float_tail", "RBNX"),
        ("Trade Log.csv", 11, "fractional_mismatch", "FNCH"),
        ("Trade Log.csv", 12, "float_tail", "WREN"),
    ]
    assert [one.line for one in book.batch.held] == [7]


def test_the_opening_and_the_executions_can_be_read() -> None:
    opening = read_positions(load("opening.csv"), BOOK, signed_off_by="desk", as_of=date(2025, 10, 31), sessions=NYSE)
    trades = read_executions(load("executions.csv"), signed_off_by="desk", sessions=NYSE)

    assert (len(opening.records), len(trades.records)) == (5, 2)
