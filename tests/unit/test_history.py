"""Importing history: which time is asked for, in which pieces, and what is left for a person."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recon_world import MON, MSFT, event, fill, xnys
from tieout.errors import DataError
from tieout.history import PIECE, History, Piece, plan_history, sorted_out, together
from tieout.ids import AccountId
from tieout.records import ActivityKind, Fetched, Statement

NAME = AccountId("desk")
NOW = datetime(2026, 3, 2, 22, tzinfo=UTC)


def plan(since: date, until: date | None = None, opened: date | None = None, by: str = "desk") -> History:
    return plan_history(NAME, since, until, by, opened=opened, sessions=xnys(), now=NOW, dry_run=False)


def test_it_begins_at_the_close_before_the_first_session_and_ends_at_the_close_of_the_last() -> None:
    found = plan(date(2026, 1, 12), date(2026, 1, 16))

    assert (found.since, found.until) == (datetime(2026, 1, 9, 21, tzinfo=UTC), datetime(2026, 1, 16, 21, tzinfo=UTC))


def test_without_an_end_it_goes_to_the_last_session_that_has_closed() -> None:
    assert plan(date(2026, 1, 12)).until == datetime(2026, 3, 2, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "opened", "by", "says"),
    [
        (date(2026, 1, 12), date(2026, 1, 9), None, "desk", "nothing in between"),
        (date(2026, 1, 12), date(2026, 3, 3), None, "desk", "has not closed yet"),
        (date(2026, 1, 12), None, date(2026, 1, 12), "desk", "Begin after it, with 2026-01-13"),
        (date(2026, 1, 12), None, None, " ", "must be signed off"),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(
    since: date, until: date | None, opened: date | None, by: str, says: str
) -> None:
    with pytest.raises(DataError, match=says):
        plan(since, until, opened, by)


@given(st.integers(0, 900))
def test_the_pieces_are_the_whole_time_without_a_gap(days: int) -> None:
    begins = datetime(2024, 1, 1, tzinfo=UTC)
    pieces = History(NAME, begins, begins + timedelta(days=days), "desk").pieces

    assert [one for piece in pieces for one in piece][1:-1:2] == [one for piece in pieces[1:] for one in piece][::2]
    assert sum((until - since for since, until in pieces), timedelta()) == timedelta(days=days)
    assert all(timedelta() < until - since <= PIECE for since, until in pieces)


def test_what_nobody_can_name_is_left_for_a_person_and_nothing_else_is() -> None:
    strange = event("o1", ActivityKind.OTHER, MON)
    told = event("d1", ActivityKind.DIVIDEND, MON, amount=10)
    trade = fill("x1", MSFT, 2, 200, MON)
    stated = Statement(NOW, NOW, Fetched((trade,), 1, ("{odd}",), ("BTC only",)), Fetched((strange, told), 1))

    found = together([sorted_out(stated), Piece((), (), ("more",))])

    assert (found.executions, found.activities) == ((trade,), (told,))
    assert found.left == ("o1: OTHER other of USD", "not readable: {odd}", "more")
    assert found.notes == ("BTC only",), "what the lists do not cover is told"
