"""The rotation machine as a law: whatever comes back, in whatever order, its two rules hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.credentials import CredentialId, CredentialSettings, Kind
from tieout.due import due
from tieout.rotation import begin, start, step, stored_by_person
from tieout.rotation_token import may_refresh_again, needs_login
from tieout.rotation_types import (
    ACTIONS,
    GONE,
    Action,
    Clocks,
    Lost,
    NotSent,
    Outcome,
    Part,
    Phase,
    Policy,
    Refused,
    Rotation,
    Worked,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NAME = CredentialId("main")
BY_PROGRAM = Policy(CredentialSettings(NAME, "file:x", manage="http://127.0.0.1:9"))
BY_PERSON = Policy(CredentialSettings(NAME, "file:x"))
TRADESTATION = Policy(CredentialSettings(NAME, "file:x", Kind.OAUTH, rotating=True))
GRACE = Policy(replace(TRADESTATION.settings, reuse_grace=timedelta(seconds=60)))
SCHWAB = Policy(CredentialSettings(NAME, "file:x", Kind.OAUTH))

clocks = Clocks(NOW, NOW + timedelta(minutes=20))
outcomes = st.one_of(
    st.builds(Worked, st.just("did"), st.booleans(), st.sampled_from([None, clocks])),
    st.builds(Refused, st.just("no"), st.booleans()),
    st.just(GONE),
    st.builds(NotSent, st.just("away")),
)


def walk(row: Rotation, policy: Policy, seen: list[Outcome]) -> list[tuple[Action, Outcome]]:
    """The actions that were taken with their outcomes; the clock goes past every pause."""
    taken, moment = [], NOW
    for outcome in seen:
        if row.action is None:
            break
        moment = max(moment, row.not_before or moment)
        begun = begin(row, moment)
        assert begun.version > row.version
        taken.append((begun.action or Action.ASK, outcome))
        after = step(begun, outcome, moment, policy).row
        assert after.version > begun.version
        assert after.begun_at is None
        row = after
    return taken


@given(st.lists(outcomes, max_size=60), st.sampled_from([BY_PROGRAM, BY_PERSON]))
@settings(max_examples=400, deadline=None)
def test_the_old_key_is_revoked_only_after_the_new_one_worked_in_a_fresh_process(
    seen: list[Outcome], policy: Policy
) -> None:
    row = start(Rotation(NAME, Part.KEY), policy, "due", former="first").row
    verified = False
    for action, outcome in walk(row, policy, seen):
        if action in {Action.REVOKE, Action.ASK_REVOKE}:
            assert verified
        if action is Action.VERIFY:
            verified = isinstance(outcome, Worked)
        if action in {Action.CREATE, Action.ASK, Action.RESTORE}:
            verified = False


@given(st.lists(outcomes, max_size=60), st.sampled_from([BY_PROGRAM, BY_PERSON]))
@settings(max_examples=400, deadline=None)
def test_the_new_key_is_withdrawn_only_after_the_old_one_worked_in_a_fresh_process(
    seen: list[Outcome], policy: Policy
) -> None:
    row = start(Rotation(NAME, Part.KEY), policy, "due", former="first").row
    before: tuple[Action, Outcome] | None = None
    for taken in walk(row, policy, seen):
        if taken[0] is Action.WITHDRAW and before is not None and before[0] is not Action.WITHDRAW:
            assert before[0] is Action.VERIFY_OLD
            assert isinstance(before[1], Worked)
        before = taken


@given(st.lists(outcomes, max_size=40))
@settings(max_examples=400, deadline=None)
def test_a_rotating_token_is_shown_again_only_where_nothing_can_be_lost_by_it(seen: list[Outcome]) -> None:
    token = Rotation(NAME, Part.TOKEN, issued_at=NOW - timedelta(minutes=10), access_until=NOW + timedelta(minutes=10))
    row, moment, lost = start(token, TRADESTATION, "due").row, NOW, False
    for outcome in seen:
        if row.action is None or moment >= NOW + timedelta(minutes=9):
            break
        if row.action is Action.REFRESH:
            assert not lost
        begun = begin(row, moment)
        lost = lost or (begun.action is Action.REFRESH and isinstance(outcome, Lost))
        row = step(begun, outcome, moment, TRADESTATION).row
        lost = lost and row.phase is Phase.UNSURE
        moment += timedelta(seconds=30)


def test_every_phase_that_is_not_at_rest_has_an_action() -> None:
    assert {phase for phase in Phase if phase not in ACTIONS} == {Phase.IDLE, Phase.LAPSED}


def refreshing(policy: Policy) -> Rotation:
    token = Rotation(NAME, Part.TOKEN, issued_at=NOW - timedelta(minutes=10), access_until=NOW + timedelta(minutes=10))
    return begin(start(token, policy, "due").row, NOW)


def test_a_crash_while_refreshing_is_a_lost_answer_and_the_source_is_looked_into_first() -> None:
    unsure = step(refreshing(TRADESTATION), GONE, NOW, TRADESTATION).row
    assert (unsure.phase, unsure.action) == (Phase.UNSURE, Action.RECOVER)

    found = step(begin(unsure, NOW), Worked("stored", clocks=clocks), NOW, TRADESTATION).row
    assert (found.phase, found.action) == (Phase.REFRESHED, Action.SWITCH)

    rested = step(begin(found, NOW), Worked("switched"), NOW, TRADESTATION).row
    assert (rested.phase, rested.access_until) == (Phase.IDLE, clocks.access_until)


@pytest.mark.parametrize(
    ("policy", "after", "may"),
    [
        (SCHWAB, timedelta(0), True),
        (GRACE, timedelta(seconds=59), True),
        (GRACE, timedelta(seconds=60), False),
        (TRADESTATION, timedelta(0), False),
        (TRADESTATION, timedelta(minutes=8), False),
        (TRADESTATION, timedelta(minutes=9), True),  # 19 of 20 minutes are over: nothing is left to lose
    ],
)
def test_when_a_refresh_token_is_shown_once_more(policy: Policy, after: timedelta, may: bool) -> None:
    unsure = step(refreshing(policy), Lost("reset"), NOW, policy).row
    moment = NOW + after
    assert may_refresh_again(unsure, moment, policy) is may
    assert needs_login(unsure, moment, policy) is not may
    went = step(begin(unsure, moment), Worked("not there", found=False), moment, policy).row
    assert (went.action is Action.REFRESH) is may


def test_a_refused_refresh_token_stops_until_a_person_logs_in() -> None:
    lapsed = step(refreshing(SCHWAB), Refused("invalid_grant"), NOW, SCHWAB).row
    assert (lapsed.phase, lapsed.action, lapsed.deadline) == (Phase.LAPSED, None, lapsed.access_until)
    assert needs_login(lapsed, NOW, SCHWAB)


def test_a_refresh_that_was_never_sent_is_simply_sent_again() -> None:
    row = step(refreshing(TRADESTATION), NotSent("no connection"), NOW, TRADESTATION).row
    assert (row.phase, row.sent_at) == (Phase.REFRESHING, None)
    assert row.not_before is not None


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.LAPSED, Phase.UNSURE])
def test_a_pair_that_a_person_stores_ends_what_was_wrong_with_the_one_before(phase: Phase) -> None:
    row = Rotation(NAME, Part.TOKEN, phase, sent_at=NOW, deadline=NOW, access_until=NOW, reason="refused", version=7)

    after = stored_by_person(row, clocks, SCHWAB.settings, NOW).row

    assert (after.phase, after.issued_at, after.access_until) == (Phase.IDLE, NOW, clocks.access_until)
    assert (after.sent_at, after.deadline, after.reason, after.version) == (None, None, "", 8)
    assert not needs_login(after, NOW, SCHWAB)


def test_a_pair_of_unknown_age_is_refreshed_at_once_and_its_login_is_counted_from_now() -> None:
    week = Policy(replace(SCHWAB.settings, refresh_life=timedelta(days=7)))

    after = stored_by_person(Rotation(NAME, Part.TOKEN, Phase.LAPSED), None, week.settings, NOW).row

    assert due(after, week, NOW) is not None
    assert after.refresh_until == NOW + timedelta(days=7)


def test_the_age_of_a_key_that_a_person_stores_counts_from_then() -> None:
    old = Rotation(NAME, Part.KEY, issued_at=NOW - timedelta(days=89), access_until=NOW, version=3)

    after = stored_by_person(old, None, BY_PERSON.settings, NOW).row

    assert (after.issued_at, after.access_until, after.refresh_until) == (NOW, None, None)
    assert due(after, BY_PERSON, NOW) is None
