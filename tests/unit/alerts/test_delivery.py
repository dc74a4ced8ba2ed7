from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tieout.alerts_delivery import (
    KEPT_FOR,
    LONGEST_WAIT,
    Left,
    MessageState,
    Waiting,
    after_failure,
    batches,
    channels_of,
    takes_over,
)
from tieout.outages import parse_outage
from tieout.recon.types import Severity
from tieout.settings import AlertSettings

NOW = datetime(2026, 1, 16, 15, tzinfo=UTC)
QUIET = datetime(2026, 1, 17, 4, tzinfo=UTC)  # 23:00 in New York
PAGER, CHAT, MAIL = "env:PAGER", "env:CHAT", "env:MAIL"
RULES = AlertSettings(
    critical=(PAGER, CHAT, PAGER),
    warning=(CHAT,),
    fallback=(CHAT, MAIL),
    quiet_hours=(parse_outage("daily 22:00-07:00 America/New_York"),),
)
CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO


def waiting(number: int, severity: Severity = CRITICAL, channel: str = PAGER, at: datetime = NOW) -> Waiting:
    return Waiting(number, channel, severity, f"tieout: title {number}", f"body {number}", at, at)


def sizes(messages: list[Waiting], left: list[Left] | None = None, at: datetime = NOW) -> list[int]:
    return [len(one.messages) for one in batches(messages, {PAGER: left or []}, RULES, at)]


def test_a_few_leave_one_by_one_and_what_is_more_leaves_as_one() -> None:
    assert sizes([waiting(1)]) == [1]
    assert sizes([waiting(number) for number in range(3)]) == [1, 1, 1]
    assert sizes([waiting(number) for number in range(40)]) == [1, 1, 38]


def test_a_channel_that_just_took_as_many_as_it_may_gets_the_rest_when_its_window_is_over() -> None:
    left = [Left(NOW, CRITICAL)] * 3
    assert sizes([waiting(1), waiting(2)], left) == []
    assert sizes([waiting(1), waiting(2)], left, NOW + timedelta(seconds=300)) == [1, 1]


def test_mild_messages_do_not_stand_in_the_way_of_critical_ones() -> None:
    left = [Left(NOW, WARNING)] * 3
    assert sizes([waiting(1), waiting(2, WARNING)], left) == [1]


def test_channels_do_not_wait_for_each_other() -> None:
    both = [waiting(1), waiting(2, channel=CHAT)]
    found = batches(both, {PAGER: [Left(NOW, CRITICAL)] * 3}, RULES, NOW)
    assert [one.channel for one in found] == [CHAT]


def test_only_what_is_critical_leaves_in_quiet_hours_and_the_rest_as_one_after_them() -> None:
    night = [waiting(number, severity, at=QUIET) for number, severity in enumerate([WARNING, INFO] * 3)]
    assert sizes([*night, waiting(9, at=QUIET)], at=QUIET) == [1]
    morning = datetime(2026, 1, 17, 12, tzinfo=UTC)
    assert sizes(night, at=morning) == [1, 1, 4]


def test_a_channel_whose_budget_is_spent_gets_what_is_critical_as_one_message() -> None:
    spent = [Left(NOW - timedelta(minutes=6), WARNING)] * RULES.budget_per_hour
    assert sizes([waiting(1, WARNING)], spent) == []
    assert sizes([waiting(1), waiting(2)], spent) == [2]
    assert sizes([waiting(1, WARNING)], spent, NOW + timedelta(minutes=54)) == [1]


def test_what_is_tried_again_later_is_left_in_peace_until_then() -> None:
    assert sizes([replace(waiting(1), due_at=NOW + timedelta(seconds=1))]) == []


def test_rolled_up_messages_stand_worst_first_and_are_cut() -> None:
    messages = [replace(waiting(1, WARNING), body="\n".join(map(str, range(20)))), waiting(2)]
    (batch,) = batches(messages, {}, replace(RULES, burst=1, quiet_hours=()), NOW)[:1]
    assert batch.alert.title == "tieout: title 2", "one that is critical is not rolled up with what is not"
    many = [replace(waiting(number), body="\n".join(map(str, range(20)))) for number in range(30)]
    (batch,) = batches(many, {}, replace(RULES, burst=1), NOW)
    assert (batch.severity, batch.alert.severity) == (CRITICAL, CRITICAL)
    assert batch.alert.title == "tieout: 30 alerts, first tieout: title 0"
    assert batch.alert.body.count("… 12 lines more") == 20
    assert batch.alert.body.endswith("… and 10 more: `tieout alerts list` has all")


def test_a_message_that_nobody_takes_is_tried_after_waits_that_double() -> None:
    message, waits = waiting(1), []
    for attempts in range(9):
        then = after_failure(replace(message, attempts=attempts), NOW)
        assert then.state is MessageState.WAITING
        waits.append((then.due_at - NOW).total_seconds() / 60)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_only_what_is_critical_is_kept_for_longer_than_a_day() -> None:
    later = NOW + KEPT_FOR
    assert after_failure(waiting(1, WARNING), later).state is MessageState.DROPPED
    assert after_failure(waiting(1, WARNING), later - timedelta(seconds=1)).state is MessageState.WAITING
    assert (
        after_failure(replace(waiting(1), attempts=10**6), later + KEPT_FOR).due_at == later + KEPT_FOR + LONGEST_WAIT
    )


def test_fallback_channels_are_those_that_have_not_been_tried_and_not_for_good_news() -> None:
    assert takes_over(PAGER, CRITICAL, RULES) == (CHAT, MAIL)
    assert takes_over(CHAT, WARNING, RULES) == (MAIL,)
    assert takes_over(CHAT, INFO, RULES) == ()


def test_a_target_named_twice_gets_a_message_once() -> None:
    assert channels_of(CRITICAL, RULES) == (PAGER, CHAT)
    assert channels_of(INFO, RULES) == ()


@given(
    severities=st.lists(st.sampled_from([CRITICAL, WARNING, INFO]), max_size=30),
    left=st.lists(st.tuples(st.integers(0, 4000), st.sampled_from(Severity)), max_size=40),
    hour=st.integers(0, 23),
)
def test_each_message_leaves_at_most_once_and_a_window_never_takes_more_than_it_may(
    severities: list[Severity], left: list[tuple[int, Severity]], hour: int
) -> None:
    at = NOW + timedelta(hours=hour)
    before = [Left(at - timedelta(seconds=ago), severity) for ago, severity in left]
    found = batches([waiting(number, one, at=at) for number, one in enumerate(severities)], {PAGER: before}, RULES, at)
    ids = [one.message_id for batch in found for one in batch.messages]
    assert len(ids) == len(set(ids))
    recent = [one for one in before if one.at > at - timedelta(seconds=RULES.roll_up_s)]
    for grave in (True, False):
        now = sum((one.severity is CRITICAL) is grave for one in found)
        room = RULES.burst - sum((one.severity is CRITICAL) is grave for one in recent)
        assert now <= max(room, 0)
    if CRITICAL in severities and not any(one.severity is CRITICAL for one in recent):
        assert {n for n, one in enumerate(severities) if one is CRITICAL} <= set(ids), "nothing critical waits for room"
