from __future__ import annotations

import pytest

from tieout.next_step import next_step
from tieout.recon.types import BreakKind, Cause


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("kind", BreakKind)
def test_for_every_break_there_is_something_to_do_in_one_line(kind: BreakKind, cause: Cause) -> None:
    told = next_step(kind, cause)
    assert told.endswith(".")
    assert "\n" not in told
    assert len(told) < 160


def test_the_cause_decides_and_the_kind_only_where_no_cause_is_known() -> None:
    assert next_step(BreakKind.STALE_PRICE, Cause.SPLIT).startswith("Check ratio")
    assert next_step(BreakKind.STALE_PRICE, Cause.UNKNOWN).startswith("Find out why the price is old")
    assert next_step(BreakKind.CASH_MISMATCH, Cause.UNKNOWN).startswith("Nobody knows the cause yet")
