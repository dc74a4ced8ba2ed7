"""tieout watch --once: one look, printed."""

from __future__ import annotations

from datetime import timedelta

from simulator.protocols.alpaca import AlpacaFace
from tests.cli.conftest import Desk
from tests.contract.world import MONDAY_CLOSE


def test_one_look_says_how_every_broker_is(desk: Desk, face: AlpacaFace) -> None:
    desk.configure(face.base_url)
    (row,) = desk.json("watch", "--once")
    assert (row["account"], row["broker"], row["state"], row["reason"]) == ("alpaca-main", "alpaca", "up", "it answers")
    assert "up" in desk("watch", "--once").stdout


def test_where_a_watch_is_at_work_nobody_else_looks(desk: Desk, face: AlpacaFace) -> None:
    from contextlib import closing

    from sql.journal import Journal
    from sql.leases import acquire
    from tasks.settings import load_settings
    from tasks.watching.leading import KEY

    desk.configure(face.base_url)
    with closing(Journal.open(load_settings().journal_url)) as journal, journal.write() as connection:
        acquire(connection, KEY, "another", MONDAY_CLOSE, timedelta(minutes=1))
    assert "another watch is at work" in desk("watch", "--once", expect=1).stderr


def test_an_account_that_is_not_there_is_named(desk: Desk) -> None:
    desk.configure()
    assert "'nope' is not configured" in desk("watch", "--once", "--account", "nope", expect=1).stderr
