"""A placement comes back from the journal as it went in, to the last digit and microsecond."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sql.journal import Journal
from sql.placement_rows import (
    IN_DETAIL_OF_INTENT,
    IN_DETAIL_OF_ORDER,
    IN_DETAIL_OF_STATE,
    order_columns,
    state_columns,
)
from sql.placements import append_intent, read_placement, read_placements, save
from tests.databases import ReusedJournal
from tests.store.orders.samples import BACKUP, MAIN, NOW, POLICY, a_placement, a_report, any_placement, observations
from tieout.execution import step
from tieout.intents import Intent
from tieout.orders import Order
from tieout.placement import Approved, Event, Placement, Seen


def kept(journal: Journal, row: Placement) -> Placement:
    with journal.write() as connection:
        assert append_intent(connection, row, (Event("planned", ""),), now=NOW)
    with journal.read() as connection:
        return read_placement(connection, row.intent.intent_id)


@given(row=any_placement())
@settings(max_examples=80, deadline=None)
def test_any_placement_comes_back_equal_from_sqlite(reused: ReusedJournal, row: Placement) -> None:
    assert kept(reused.journal, row) == row


@given(row=any_placement())
@settings(max_examples=25, deadline=None)
def test_any_placement_comes_back_equal_from_postgresql(server_journal: Journal, row: Placement) -> None:
    assert kept(server_journal, row) == row


def walk(journal: Journal, data: st.DataObject) -> None:
    """Drive the machine with whatever may be seen, each step from what the journal gave back."""
    until = data.draw(st.none() | st.just(NOW + timedelta(seconds=40)))
    row = kept(journal, a_placement(routes=data.draw(st.sampled_from([(), (BACKUP,)])), valid_until=until))
    now = NOW
    begun = data.draw(st.sampled_from([(), (Approved("risk"),), (Approved("risk"), Seen(a_report(row)))]))
    for number in range(data.draw(st.integers(1, 14))):
        now += data.draw(st.sampled_from([timedelta(0), timedelta(milliseconds=7), timedelta(seconds=11)]))
        seen = begun[number] if number < len(begun) else data.draw(observations(row))
        taken = step(row, seen, now, POLICY)
        report = seen.report if isinstance(seen, Seen) else None
        with journal.write() as connection:
            save(connection, taken.placement, taken.events, lease=None, now=now, report=report)
        with journal.read() as connection:
            row = read_placement(connection, row.intent.intent_id)
        assert row == taken.placement


@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_the_machine_goes_on_from_what_sqlite_gives_back(reused: ReusedJournal, data: st.DataObject) -> None:
    walk(reused.journal, data)


@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_the_machine_goes_on_from_what_postgresql_gives_back(server_journal: Journal, data: st.DataObject) -> None:
    walk(server_journal, data)


def test_every_field_has_a_place_in_the_row() -> None:
    """A field that somebody adds and nobody writes down would be lost at the next step, silently."""
    row = a_placement()
    columns = set(order_columns(row)) | set(state_columns(row))
    homes = {
        Placement: columns | set(IN_DETAIL_OF_STATE) | {"intent"},
        Intent: columns | set(IN_DETAIL_OF_INTENT) | {"order"},
        Order: columns | set(IN_DETAIL_OF_ORDER) | {"instrument"},
    }
    for kind, known in homes.items():
        assert {one.name for one in fields(kind)} - known == set()


def test_reading_many_gives_each_of_them_once_and_the_oldest_first(reused: ReusedJournal) -> None:
    journal = reused.emptied()
    rows = [a_placement(created_at=NOW + timedelta(seconds=number)) for number in (2, 0, 1)]
    for row in rows:
        kept(journal, row)
    with journal.read() as connection:
        found = read_placements(connection, MAIN)
    assert found == (rows[1], rows[2], rows[0])


def test_a_journal_that_is_emptied_knows_nothing_and_takes_everything_again(reused: ReusedJournal) -> None:
    row = a_placement()
    for _ in range(3):
        journal = reused.emptied()
        with journal.read() as connection:
            assert read_placements(connection, MAIN) == ()
        assert kept(journal, row) == row
