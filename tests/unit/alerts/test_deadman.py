from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tieout.alerts_deadman import RunSeen, Session, compose_unconfirmed, is_confirmed, unconfirmed
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.settings import AlertSettings
from tieout.verdict import OutcomeState

CLOSED = datetime(2026, 1, 16, 21, tzinfo=UTC)
LATE = CLOSED + timedelta(hours=4)
RULES = AlertSettings()
DESK = Session(AccountId("desk"), date(2026, 1, 16), CLOSED, (), CLOSED - timedelta(days=30))
FAILED = RunSeen("failed", ended=True, error="StoreError: the disk is full")


def told(session: Session, now: datetime = LATE) -> list[str]:
    return [one.words for one in unconfirmed([session], RULES, now)]


def test_a_close_that_nobody_started_is_missed_four_hours_after_the_session() -> None:
    assert told(DESK, LATE - timedelta(seconds=1)) == []
    assert told(DESK) == ["the session ended at 2026-01-16 21:00 UTC, and no run of its close was started"]


@pytest.mark.parametrize(
    ("state", "confirms"),
    [
        (OutcomeState.TIED_OUT, True),
        (OutcomeState.BREAKS_OPEN, True),
        (OutcomeState.CRITICAL_BREAKS, True),
        (OutcomeState.INCOMPLETE, True),
        (OutcomeState.QUARANTINED, False),
        (OutcomeState.FAILED, False),
        (OutcomeState.SKIPPED, False),
    ],
)
def test_only_a_run_that_compared_something_confirms(state: OutcomeState, confirms: bool) -> None:
    session = replace(DESK, runs=(RunSeen(state.value, ended=True),))
    assert is_confirmed(session) is confirms
    assert (told(session) == []) is confirms


def test_a_run_that_confirmed_stays_good_whatever_came_after_it() -> None:
    assert told(replace(DESK, runs=(RunSeen("tied_out", ended=True), FAILED))) == []


def test_the_message_says_what_became_of_the_last_run() -> None:
    assert told(replace(DESK, runs=(FAILED,)))[0].endswith("runs was failed: StoreError: the disk is full")
    hangs = replace(DESK, runs=(FAILED, RunSeen("running", ended=False)))
    assert told(hangs)[0].endswith("the last of 2 runs has not ended")


def test_what_closed_before_anybody_looked_is_nobody_s_fault() -> None:
    fresh = replace(DESK, expected_from=CLOSED + timedelta(seconds=1))
    assert told(fresh) == []
    assert told(replace(fresh, runs=(FAILED,))) != [], "somebody began"


def test_one_message_for_all_accounts_that_repeats_by_account_and_session() -> None:
    other = replace(DESK, account_id=AccountId("other"), runs=(FAILED,))
    alert = compose_unconfirmed(unconfirmed([DESK, other], RULES, LATE))
    assert (alert.severity, alert.title) == (
        Severity.CRITICAL,
        "tieout: the close of 2 accounts has not been confirmed",
    )
    assert [one.subject for one in alert.about] == ["confirmation desk 2026-01-16", "confirmation other 2026-01-16"]
    assert all(one.repeats for one in alert.about)
    assert alert.body.splitlines()[-1].endswith("Start it: `tieout run eod-reconciliation`.")
