from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.alert import About, Alert, happened, lasting
from tieout.alerts import (
    GONE_AFTER,
    Matter,
    Seen,
    Standing,
    Why,
    acknowledged,
    ended,
    gap,
    graded,
    observe,
    snoozed,
    worst,
)
from tieout.errors import DataError
from tieout.recon.types import Severity
from tieout.settings import AlertSettings

NOW = datetime(2026, 1, 16, 15, tzinfo=UTC)
RULES = AlertSettings()
DOWN, REFUSED = lasting("broker desk", "down"), lasting("broker desk", "refused")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def seen(about: About = DOWN, severity: Severity = Severity.WARNING, money: int | None = None) -> Seen:
    return Seen(about, severity, "title", "watch", None if money is None else Decimal(money))


def first(**given: object) -> Matter:
    return observe(None, seen(**given), RULES, NOW)[0]  # type: ignore[arg-type]


def test_what_was_never_told_is_told() -> None:
    matter, why = observe(None, seen(), RULES, NOW)
    assert why is Why.NEW
    assert (matter.occurrences, matter.tellings, matter.told_at) == (1, 1, NOW)


def test_the_same_is_told_again_after_gaps_that_double_up_to_the_longest() -> None:
    matter, told = first(severity=Severity.CRITICAL), [0]
    for minute in range(1, 60 * 60):
        matter, why = observe(matter, seen(severity=Severity.CRITICAL), RULES, NOW + minute * MINUTE)
        told += [minute] if why is Why.AGAIN else []
    assert told == [0, 15, 45, 105, 225, 465, 945, 1665, 2385, 3105]


def test_what_changes_is_told_at_once() -> None:
    matter, why = observe(first(), seen(REFUSED), RULES, NOW + MINUTE)
    assert why is Why.CHANGED
    assert matter.fingerprint == REFUSED.fingerprint


def test_what_gets_worse_is_told_at_once_and_what_gets_better_is_not() -> None:
    worse, why = observe(first(), seen(severity=Severity.CRITICAL), RULES, NOW + MINUTE)
    assert (why, worse.severity) == (Why.WORSE, Severity.CRITICAL)
    better, why = observe(worse, seen(severity=Severity.WARNING), RULES, NOW + 2 * MINUTE)
    assert (why, better.severity) == (None, Severity.CRITICAL)


def test_what_happened_once_is_told_once() -> None:
    about = happened("transfer desk 77", "500 USD left")
    matter = first(about=about)
    for days in (0, 1, 30):
        assert observe(matter, seen(about), RULES, NOW + timedelta(days=days))[1] is None


def test_two_events_with_the_same_words_and_other_keys_are_two() -> None:
    one, other = (happened(f"transfer desk {key}", "500 USD left") for key in (1, 2))
    assert one.subject != other.subject


def test_good_news_is_not_repeated() -> None:
    matter = first(severity=Severity.INFO)
    assert observe(matter, seen(severity=Severity.INFO), RULES, NOW + 5 * HOUR)[1] is None


def test_what_nobody_has_seen_for_a_day_is_news_when_it_comes_back() -> None:
    matter, why = observe(first(), seen(), RULES, NOW + GONE_AFTER)
    assert (why, matter.occurrences, matter.first_seen) == (Why.NEW, 1, NOW + GONE_AFTER)


def test_what_was_over_is_news_when_it_comes_back() -> None:
    over = ended(first(), NOW + MINUTE)
    assert observe(over, seen(), RULES, NOW + 2 * MINUTE)[1] is Why.NEW


@pytest.mark.parametrize("take", [acknowledged, snoozed])
def test_what_a_person_took_rests_until_its_time_is_over(take) -> None:  # type: ignore[no-untyped-def]
    taken = take(first(severity=Severity.CRITICAL), "desk", "calling them", NOW + 8 * HOUR, NOW)
    still, why = observe(taken, seen(severity=Severity.CRITICAL), RULES, NOW + 8 * HOUR - MINUTE)
    assert (why, still.state, still.by) == (None, taken.state, "desk")
    again, why = observe(still, seen(severity=Severity.CRITICAL), RULES, NOW + 8 * HOUR)
    assert (why, again.state, again.until) == (Why.AGAIN, Standing.OPEN, None)


def test_a_change_wakes_what_was_acknowledged_and_not_what_was_snoozed() -> None:
    taken = acknowledged(first(), "desk", "", NOW + HOUR, NOW)
    put_off = snoozed(first(), "desk", "", NOW + HOUR, NOW)
    assert observe(taken, seen(REFUSED), RULES, NOW + MINUTE)[1] is Why.CHANGED
    assert observe(put_off, seen(REFUSED), RULES, NOW + MINUTE)[1] is None


@pytest.mark.parametrize("take", [acknowledged, snoozed])
def test_getting_worse_wakes_both(take) -> None:  # type: ignore[no-untyped-def]
    taken = take(first(), "desk", "", NOW + HOUR, NOW)
    matter, why = observe(taken, seen(severity=Severity.CRITICAL), RULES, NOW + MINUTE)
    assert (why, matter.state) == (Why.WORSE, Standing.OPEN)


def test_an_alert_is_taken_by_somebody_for_a_time_to_come_while_it_lasts() -> None:
    with pytest.raises(DataError, match="give a name"):
        acknowledged(first(), " ", "", NOW + HOUR, NOW)
    with pytest.raises(DataError, match="give a moment to come"):
        snoozed(first(), "desk", "", NOW, NOW)
    with pytest.raises(DataError, match="is over"):
        snoozed(ended(first(), NOW), "desk", "", NOW + HOUR, NOW)


def test_money_at_risk_makes_critical() -> None:
    assert first(money=99_999).severity is Severity.WARNING
    assert first(money=-100_000).severity is Severity.CRITICAL
    matter, why = observe(first(money=1), seen(money=100_000), RULES, NOW + MINUTE)
    assert (why, matter.severity) == (Why.WORSE, Severity.CRITICAL)


def test_a_warning_that_lasts_for_a_day_is_critical_and_news_that_happened_once_is_not() -> None:
    matter, whys = first(), []
    for minute in range(1, 24 * 60 + 1):
        matter, why = observe(matter, seen(), RULES, NOW + minute * MINUTE)
        whys.append(why)
    assert (whys[-1], matter.severity) == (Why.WORSE, Severity.CRITICAL)
    assert graded(Severity.INFO, None, timedelta(days=9), RULES) is Severity.INFO
    once = replace(first(about=happened("x")), last_seen=NOW)
    assert observe(once, seen(happened("x")), RULES, NOW + timedelta(days=2))[0].severity is Severity.WARNING


def test_a_warning_that_somebody_is_at_does_not_get_worse_by_age() -> None:
    taken = acknowledged(first(), "desk", "", NOW + timedelta(days=3), NOW)
    matter, why = observe(taken, seen(), RULES, NOW + timedelta(days=2))
    assert (why, matter.severity) == (None, Severity.WARNING)


def test_the_worst_of_nothing_is_no_trouble() -> None:
    assert worst([]) is Severity.INFO
    assert worst([Severity.WARNING, Severity.CRITICAL, Severity.INFO]) is Severity.CRITICAL


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([DOWN, REFUSED]), st.sampled_from(Severity), st.integers(0, 7200)), max_size=60
    )
)
def test_nothing_gets_worse_in_silence_and_nothing_is_counted_wrong(
    steps: list[tuple[About, Severity, int]],
) -> None:
    matter, at, told = None, NOW, 0
    for about, severity, seconds in steps:
        at += timedelta(seconds=seconds)
        before = matter
        matter, why = observe(before, seen(about, severity), RULES, at)
        told = 1 if why is Why.NEW else told + (why is not None)
        heard = None if before is None or why is Why.NEW else before.severity
        if heard is not None and worst((heard, matter.severity)) is not heard:
            assert why is Why.WORSE
        assert matter.tellings == told
        assert matter.last_seen == at


@given(tellings=st.integers(1, 500))
def test_a_gap_never_shrinks_nor_passes_the_longest(tellings: int) -> None:
    assert gap(tellings, RULES) <= gap(tellings + 1, RULES) <= timedelta(seconds=RULES.longest_repeat_s)


def test_a_message_that_says_not_what_it_is_about_is_known_by_its_words_and_not_silenced_for_ever() -> None:
    one, same, other = (Alert(Severity.WARNING, "plan-day: runs were missed", words) for words in ("a", "a", "b"))
    assert one.subjects == same.subjects
    assert one.subjects != other.subjects
    (about,) = one.subjects
    matter = first(about=about)
    assert observe(matter, seen(about), RULES, NOW + MINUTE)[1] is None
    assert observe(matter, seen(about), RULES, NOW + timedelta(days=1))[1] is Why.NEW
