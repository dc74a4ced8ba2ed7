"""The expiry calendar: what lapses when, who must act, and what is told before a session rather than after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tieout.credentials import CredentialId, CredentialSettings, Kind
from tieout.due import countdown, due, login_due
from tieout.expiry import Session, calendar, notices
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.rotation_types import Part, Phase, Policy, Rotation

NOW = datetime(2026, 3, 6, 22, tzinfo=UTC)  # Friday, after the close
NAME, ACCOUNT = CredentialId("main"), AccountId("alpaca-main")
KEY = CredentialSettings(NAME, "file:x", accounts=(ACCOUNT,))
SCHWAB = CredentialSettings(NAME, "file:x", Kind.OAUTH, (ACCOUNT,), ask_ahead=timedelta(days=1), owner="desk")
MONDAY = Session("2026-03-09", NOW + timedelta(days=2, hours=15, minutes=30), NOW + timedelta(days=2, hours=22))


def token(**more: object) -> Rotation:
    row = Rotation(NAME, Part.TOKEN, issued_at=NOW, access_until=NOW + timedelta(minutes=30), version=1)
    return replace(row, **more)  # type: ignore[arg-type]


def told(settings: CredentialSettings, *rows: Rotation, now: datetime = NOW) -> list[tuple[str, Severity]]:
    entries = calendar([settings], rows, now)
    found = notices(entries, rows, {NAME: settings}, {ACCOUNT: MONDAY}, now)
    return [(one.words, one.severity) for one in found]


def test_a_login_that_lapses_at_the_weekend_is_told_before_mondays_open() -> None:
    row = token(refresh_until=MONDAY.opens_at - timedelta(hours=6))

    (entry,) = calendar([SCHWAB], [row], NOW)
    (words, severity) = told(SCHWAB, row)[0]

    assert (entry.refresh_until, entry.deadline) == (row.refresh_until, row.refresh_until)
    assert severity is Severity.CRITICAL
    assert words == (
        "session 2026-03-09: main of alpaca-main lapses at 2026-03-09 07:30 UTC, before the open. desk: log in"
    )


def test_a_token_that_renews_itself_is_nobodys_work() -> None:
    (entry,) = calendar([SCHWAB], [token(refresh_until=NOW + timedelta(days=6))], NOW)
    assert (entry.action, entry.by, entry.at) == ("refresh the access token", "tieout", NOW + timedelta(minutes=15))
    assert told(SCHWAB, token(refresh_until=NOW + timedelta(days=6))) == []


def test_a_refresh_that_is_late_is_told() -> None:
    row = token(issued_at=NOW - timedelta(minutes=25), access_until=NOW + timedelta(minutes=5))
    ((words, severity),) = told(SCHWAB, row)
    assert severity is Severity.CRITICAL
    assert "should have been refreshed" in words


def test_a_key_that_only_a_person_can_make_is_asked_for_ahead_of_its_age() -> None:
    row = Rotation(NAME, Part.KEY, issued_at=NOW - timedelta(days=84), version=1)

    why = due(row, Policy(KEY), NOW)

    assert why is not None
    assert why.deadline == NOW + timedelta(days=6)
    ((words, severity),) = told(KEY, row)
    assert words == "main: operator must replace the key by 2026-03-12 22:00 UTC, 7 days or less are left"
    assert severity is Severity.WARNING


def test_a_key_that_a_program_makes_is_replaced_at_its_age_and_not_before() -> None:
    policy = Policy(replace(KEY, manage="https://keys.example"))
    row = Rotation(NAME, Part.KEY, issued_at=NOW - timedelta(days=89), version=1)
    assert due(row, policy, NOW) is None
    assert due(row, policy, NOW + timedelta(days=1)) is not None


def test_a_rotation_that_failed_is_left_alone_for_a_while_unless_the_key_is_refused() -> None:
    row = Rotation(NAME, Part.KEY, issued_at=NOW - timedelta(days=99), not_before=NOW + timedelta(hours=1), version=1)
    assert due(row, Policy(KEY), NOW) is None
    assert due(row, Policy(KEY), NOW, refused=True) is not None


def test_a_credential_that_is_only_watched_is_never_due() -> None:
    row = Rotation(NAME, Part.KEY, issued_at=NOW - timedelta(days=999), version=1)
    assert due(row, Policy(replace(KEY, rotate=False)), NOW, refused=True) is None


def test_a_lapsed_token_makes_a_login_due_by_the_end_of_the_access_token() -> None:
    lapsed = token(phase=Phase.LAPSED, reason="invalid_grant")
    why = login_due(Rotation(NAME, Part.LOGIN), lapsed, Policy(SCHWAB), NOW)
    assert why is not None
    assert why.deadline == lapsed.access_until


@pytest.mark.parametrize(
    ("left", "mark"),
    [
        (timedelta(days=15), None),
        (timedelta(days=14), "14 days"),
        (timedelta(days=2), "3 days"),
        (timedelta(hours=3), "4 hours"),
        (timedelta(minutes=59), "1 hour"),
        (timedelta(0), "nothing"),
        (timedelta(days=-3), "nothing"),
    ],
)
def test_the_countdown_names_the_last_mark_that_was_passed(left: timedelta, mark: str | None) -> None:
    assert countdown(NOW + left, NOW) == mark
