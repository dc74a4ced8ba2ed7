"""No recorded response without a test that reads it."""

from __future__ import annotations

from pathlib import Path

from tests.recorded.alpaca import test_account, test_activities, test_orders, test_reference
from tests.recorded.alpaca.covered import COVERED

MODULES = (test_account, test_activities, test_orders, test_reference)


def test_every_recorded_response_is_read_by_a_test(recordings: Path) -> None:
    files = {file.name for file in recordings.iterdir() if file.suffix == ".json"}

    assert files - COVERED == set(), "recorded responses that no test reads"
    assert COVERED - files == set(), "tests for recorded responses that are not there"
