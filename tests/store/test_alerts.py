from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import func, select

from sql.alerts import heard, record_alert
from sql.schema.journal import alert_sent
from tests.databases import Stores
from tieout.alert import Alert, Told
from tieout.ids import AccountId
from tieout.recon.types import Severity

NOW = datetime(2026, 1, 16, 22, tzinfo=UTC)
DAY = date(2026, 1, 16)
ONE, TWO = AccountId("one"), AccountId("two")
PAGER, CHAT = "env:PAGER", "env:CHAT"


def alert(*outcomes: tuple[AccountId, str], day: date = DAY) -> Alert:
    return Alert(Severity.CRITICAL, "title", "body", tuple(Told(name, day, print_) for name, print_ in outcomes))


def note(stores: Stores, message: Alert, *targets: str) -> None:
    with stores.journal.write() as connection:
        record_alert(connection, message, targets, NOW)


def who_heard(stores: Stores, message: Alert) -> set[str]:
    with stores.journal.read() as connection:
        return set(heard(connection, message))


def rows(stores: Stores) -> int:
    with stores.journal.read() as connection:
        return int(connection.execute(select(func.count()).select_from(alert_sent)).scalar_one())


def test_who_was_told_is_known_until_another_outcome_is_told(stores: Stores) -> None:
    bad, good = alert((ONE, "bad")), alert((ONE, "good"))
    assert who_heard(stores, bad) == set()

    note(stores, bad, PAGER)
    assert who_heard(stores, bad) == {PAGER}

    note(stores, good, CHAT)
    assert who_heard(stores, good) == {CHAT}
    assert who_heard(stores, bad) == set(), "it came back: that is news"


def test_an_outcome_that_nobody_took_still_ends_the_one_before(stores: Stores) -> None:
    bad = alert((ONE, "bad"))
    note(stores, bad, PAGER)
    note(stores, alert((ONE, "good")))
    assert who_heard(stores, bad) == set()


def test_targets_that_were_told_later_of_the_same_outcome_are_added(stores: Stores) -> None:
    message = alert((ONE, "bad"))
    note(stores, message, PAGER)
    note(stores, message, CHAT)
    assert who_heard(stores, message) == {PAGER, CHAT}


def test_a_message_is_heard_only_where_all_its_accounts_were(stores: Stores) -> None:
    note(stores, alert((ONE, "bad"), (TWO, "good")), PAGER)
    assert who_heard(stores, alert((ONE, "bad"))) == {PAGER}, "a rerun of one account of the run"
    assert who_heard(stores, alert((ONE, "bad"), (TWO, "bad"))) == set()


def test_another_session_is_another_story(stores: Stores) -> None:
    message = alert((ONE, "bad"))
    note(stores, message, PAGER)
    assert who_heard(stores, alert((ONE, "bad"), day=date(2026, 1, 20))) == set()


def test_the_same_outcome_without_targets_is_noted_once(stores: Stores) -> None:
    message = alert((ONE, "good"))
    note(stores, message)
    note(stores, message)
    assert rows(stores) == 1


def test_a_message_about_no_account_is_not_noted(stores: Stores) -> None:
    nothing = replace(alert(), severity=Severity.INFO)
    note(stores, nothing, PAGER)
    assert rows(stores) == 0
    assert who_heard(stores, nothing) == set()
