"""Announcements in the journal: kept once, decided once, each step audited."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sql.announced import append_announcement, note_seen, read_announced, revoke_announcement
from sql.audit import read_events
from tests.databases import Stores
from tests.unit.test_transfers import ONE, activity, announced
from tieout.announced import WAITING, AnnouncedState, missed, recognised
from tieout.errors import StoreError
from tieout.transfers import moved

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def keep(stores: Stores, *numbers: int) -> None:
    for number in numbers:
        with stores.journal.write() as connection:
            append_announcement(connection, announced(number), NOW)


def states(stores: Stores) -> list[tuple[str, AnnouncedState, str | None]]:
    with stores.journal.read() as connection:
        return [(one.announced_id, one.state, one.key) for one in read_announced(connection)]


def test_an_announcement_comes_back_as_it_was_and_is_kept_once(stores: Stores) -> None:
    keep(stores, 1, 1)

    with stores.journal.read() as connection:
        assert read_announced(connection, ONE, WAITING) == [announced(1)]
        assert [(one.action, one.subject, one.actor) for one in read_events(connection)] == [
            ("transfer.expected", "EXP-1", "desk")
        ]


def test_what_came_and_what_never_came_is_noted_and_waits_no_more(stores: Stores) -> None:
    keep(stores, 1, 2)
    after = NOW + timedelta(days=3)

    with stores.journal.write() as connection:
        waiting = read_announced(connection, ONE, WAITING, lock=True)
        seen = recognised(moved(ONE, [activity()]), waiting)
        note_seen(connection, [*seen, *missed(waiting, ["EXP-1"], after)], after)

    assert states(stores) == [("EXP-1", AnnouncedState.CAME, "t-1"), ("EXP-2", AnnouncedState.MISSED, None)]


def test_what_is_revoked_waits_no_more_and_cannot_be_revoked_again(stores: Stores) -> None:
    keep(stores, 1)
    with stores.journal.write() as connection:
        revoke_announcement(connection, "EXP-1", "head", "sent by mistake", NOW)

    assert states(stores) == [("EXP-1", AnnouncedState.REVOKED, None)]
    with pytest.raises(StoreError, match="nothing of that id"), stores.journal.write() as connection:
        revoke_announcement(connection, "EXP-1", "head", "again", NOW)
