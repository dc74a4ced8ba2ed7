"""Every recorded answer of the coin venues is read, by the venue file's own tables, to the last digit."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.recorded.coins.desk import content
from tieout import errors

VENUES = ("binance", "bybit", "coinbase", "cryptocom", "kraken", "kucoin", "okx")
CASES = [(venue, file) for venue in VENUES for file in import_module(f"tests.recorded.{venue}.table").CASES]
LEAVES = frozenset(
    {"none", "Ambiguous", "Unavailable", "RateLimited", "Rejected", "Unauthorised", "NotFound", "InsufficientFunds"}
    | {"InvalidOrder", "NotTradable", "MarketClosed", "DuplicateOrder"}
)


def tables(venue: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        import_module(f"tests.recorded.{venue}.table").CASES,
        import_module(f"tests.recorded.{venue}.expected").EXPECTED,
    )


@pytest.mark.parametrize(("venue", "file"), CASES, ids=[f"{venue}-{file}" for venue, file in CASES])
def test_a_recorded_answer_is_read_to_the_last_digit(fixtures_dir: Path, venue: str, file: str) -> None:
    cases, expected = tables(venue)

    assert cases[file](content(fixtures_dir / venue / file)) == expected[file]


@pytest.mark.parametrize("venue", VENUES)
def test_no_recorded_answer_is_left_out(fixtures_dir: Path, venue: str) -> None:
    cases, expected = tables(venue)
    files = {file.name for file in (fixtures_dir / venue).iterdir() if file.suffix == ".json"}

    assert files == set(cases) == set(expected)


@pytest.mark.parametrize("venue", ["binance", "bybit"])
def test_every_documented_code_means_one_leaf(fixtures_dir: Path, venue: str) -> None:
    cases, _ = tables(venue)
    found = cases["doc_error_codes.json"](content(fixtures_dir / venue / "doc_error_codes.json"))

    assert len(found) > 100
    assert set(found.values()) <= LEAVES
    assert all(hasattr(errors, name) for name in LEAVES - {"none"})
