from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sql.alert_messages import (
    CLAIMED_FOR,
    append_messages,
    claim_batches,
    count_left,
    count_waiting,
    note_refused,
    note_taken,
    read_channels_that_heard,
    read_messages,
)
from sql.alerts import append_seen, end_alert, lock_alert, read_alerts, read_tally, take_alert
from tests.databases import Stores
from tieout.alert import Alert, lasting
from tieout.alerts import Matter, Standing, Why, acknowledged
from tieout.alerts_delivery import Batch, MessageState, after_failure
from tieout.errors import DataError
from tieout.ids import AccountId
from tieout.outages import parse_outage
from tieout.recon.types import Severity
from tieout.settings import AlertSettings

NOW = datetime(2026, 1, 16, 22, tzinfo=UTC)
PAGER, CHAT = "env:PAGER", "env:CHAT"
RULES = AlertSettings(critical=(PAGER,), burst=1)


def alert(*subjects: str, said: str = "down", severity: Severity = Severity.CRITICAL) -> Alert:
    about = tuple(lasting(one, said, account_id=AccountId("desk")) for one in subjects)
    return Alert(severity, f"title of {' and '.join(subjects)}", "body", about, "watch")


def see(stores: Stores, one: Alert, at: datetime = NOW) -> list[Why | None]:
    with stores.journal.write() as connection:
        return [why for _, why in append_seen(connection, one, RULES, at)]


def wait(stores: Stores, one: Alert, *channels: str, at: datetime = NOW) -> None:
    with stores.journal.write() as connection:
        append_messages(connection, one, channels, at)


def claim(stores: Stores, at: datetime = NOW) -> tuple[Batch, ...]:
    with stores.journal.write() as connection:
        return claim_batches(connection, RULES, at)


def states(stores: Stores) -> dict[MessageState, int]:
    with stores.journal.read() as connection:
        return {one: len(found) for one in MessageState if (found := read_messages(connection, one))}


def test_what_was_seen_is_remembered_and_counted(stores: Stores) -> None:
    assert see(stores, alert("broker desk")) == [Why.NEW]
    assert see(stores, alert("broker desk"), NOW + timedelta(minutes=1)) == [None]
    assert see(stores, alert("broker desk", said="refused"), NOW + timedelta(minutes=2)) == [Why.CHANGED]

    with stores.journal.read() as connection:
        (row,) = read_alerts(connection)
        (day,) = read_tally(connection, NOW.date(), NOW.date())
    assert (row["occurrences"], row["tellings"], row["account_id"]) == (3, 2, "desk")
    assert (row["first_seen"], row["last_seen"]) == (NOW, NOW + timedelta(minutes=2))
    assert (day["source"], day["occurrences"], day["tellings"]) == ("watch", 3, 2)


def test_a_trouble_that_is_over_is_not_listed_and_is_news_when_it_comes_back(stores: Stores) -> None:
    see(stores, alert("broker desk"))
    with stores.journal.write() as connection:
        was = end_alert(connection, "broker desk", NOW)
        assert end_alert(connection, "broker desk", NOW) is None
        assert end_alert(connection, "never heard of", NOW) is None
    assert isinstance(was, Matter)
    with stores.journal.read() as connection:
        assert read_alerts(connection) == []
        assert len(read_alerts(connection, everything=True)) == 1
        assert read_alerts(connection, everything=True, account_id=AccountId("other")) == []
    assert see(stores, alert("broker desk")) == [Why.NEW]


def test_who_takes_an_alert_stands_in_the_audit_trail_and_it_rests(stores: Stores) -> None:
    from sql.audit import Wanted, read_events

    see(stores, alert("broker desk"))
    until = NOW + timedelta(hours=8)
    with stores.journal.write() as connection:
        row = read_alerts(connection)[0]
        taken = acknowledged(lock_alert(connection, row["alert_id"], NOW), "desk", "calling them", until, NOW)
        take_alert(connection, row["alert_id"], taken, "desk", NOW)
    assert see(stores, alert("broker desk"), NOW + timedelta(hours=7)) == [None]
    assert see(stores, alert("broker desk"), until) == [Why.AGAIN]
    with stores.journal.read() as connection:
        (event,) = read_events(connection, Wanted(action="alert"))
    assert (event.action, event.actor) == (f"alert.{Standing.ACKNOWLEDGED.value}", "desk")


def test_an_alert_that_is_not_there_cannot_be_taken(stores: Stores) -> None:
    with stores.journal.write() as connection, pytest.raises(DataError, match="there is no alert 7"):
        lock_alert(connection, 7, NOW)


def test_a_message_is_claimed_by_one_and_by_another_only_when_that_one_has_died(stores: Stores) -> None:
    wait(stores, alert("broker desk"), PAGER)
    assert len(claim(stores)) == 1
    assert claim(stores) == ()
    assert len(claim(stores, NOW + CLAIMED_FOR)) == 1


def test_what_was_held_back_leaves_as_one_and_counts_as_one(stores: Stores) -> None:
    wait(stores, alert("first"), PAGER)
    (batch,) = claim(stores)
    with stores.journal.write() as connection:
        note_taken(connection, batch, PAGER, NOW)
    for name in ("second", "third"):
        wait(stores, alert(name), PAGER)
    assert claim(stores) == (), "its window has room for one"

    later = NOW + timedelta(seconds=RULES.roll_up_s)
    (batch,) = claim(stores, later)
    with stores.journal.write() as connection:
        note_taken(connection, batch, PAGER, later)
    assert batch.alert.title == "tieout: 2 alerts, first title of second"
    with stores.journal.read() as connection:
        assert count_left(connection, NOW, later + timedelta(seconds=1)) == {PAGER: 2}
        assert count_left(connection, NOW, later) == {PAGER: 1}


def test_what_nobody_took_waits_for_its_next_try(stores: Stores) -> None:
    wait(stores, alert("broker desk"), PAGER)
    (batch,) = claim(stores)
    with stores.journal.write() as connection:
        note_refused(connection, batch, [after_failure(one, NOW) for one in batch.messages], "refused", NOW)
        assert count_waiting(connection) == {Severity.CRITICAL: 1}
    assert claim(stores) == ()
    (again,) = claim(stores, NOW + timedelta(minutes=1))
    assert again.messages[0].attempts == 1


def test_a_newer_message_about_the_same_takes_the_place_of_one_that_waits_but_good_news_does_not(
    stores: Stores,
) -> None:
    wait(stores, alert("broker desk"), PAGER, CHAT)
    wait(stores, alert("broker desk", said="still"), PAGER)
    wait(stores, alert("broker desk", severity=Severity.INFO), CHAT)
    wait(stores, alert("broker other"), PAGER)
    assert states(stores) == {MessageState.WAITING: 4, MessageState.SUPERSEDED: 1}


def test_whoever_heard_of_a_subject_is_known_by_the_channel_that_took_it(stores: Stores) -> None:
    wait(stores, alert("broker desk", "broker other"), PAGER)
    (batch,) = claim(stores)
    with stores.journal.write() as connection:
        note_taken(connection, batch, CHAT, NOW)
        assert read_channels_that_heard(connection, "broker other", NOW) == (CHAT,)
        assert read_channels_that_heard(connection, "broker third", NOW) == ()
        assert read_channels_that_heard(connection, "broker other", NOW + timedelta(seconds=1)) == ()
    assert states(stores) == {MessageState.REROUTED: 1}


def test_what_is_critical_is_not_behind_a_crowd_of_warnings(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sql.alert_messages._MOST", 3)
    at_night = replace(RULES, quiet_hours=(parse_outage("daily 20:00-23:00 UTC"),))
    for number in range(4):
        wait(stores, alert(f"warning {number}", severity=Severity.WARNING), "env:A")
    wait(stores, alert("grave"), "env:A")

    with stores.journal.write() as journal:
        (found,) = claim_batches(journal, at_night, NOW)

    assert found.severity is Severity.CRITICAL
