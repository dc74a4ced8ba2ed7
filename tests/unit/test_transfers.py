"""What moved, and what of it was announced."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.announced import AnnouncedState, Announcement, missed, recognised, terms_of
from tieout.errors import DataError
from tieout.ids import AccountId, ActivityId
from tieout.instruments import equity
from tieout.recon.types import Severity
from tieout.records import Activity, ActivityKind
from tieout.transfers import Movement, Terms, What, changed_flags, money_at_risk, moved

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE = AccountId("one")
D = Decimal


def activity(activity_id: str = "t-1", amount: str = "-5000", **changed: Any) -> Activity:
    fields: dict[str, Any] = {"occurred_at": NOON, "amount": D(amount)} | changed
    return Activity(ActivityId(activity_id), ActivityKind.TRANSFER, **fields)


def announced(number: int = 1, value: str = "-5000", **changed: Any) -> Announcement:
    fields: dict[str, Any] = {
        "announced_id": f"EXP-{number}",
        "account_id": ONE,
        "terms": Terms(What.MONEY, "USD", value),
        "by": "desk",
        "reason": "rent",
        "since": NOON - timedelta(hours=2),
        "until": NOON + timedelta(days=1),
    }
    return Announcement(**(fields | changed))


def judged(*expected: Announcement, seen: list[Movement] | None = None) -> list[tuple[Severity, str | None]]:
    found = recognised(moved(ONE, [activity()]) if seen is None else seen, expected)
    return [(one.severity, one.announced_id) for one in found]


def test_what_was_announced_is_told_as_expected_and_not_hidden() -> None:
    (found,) = recognised(moved(ONE, [activity()]), [announced()])

    assert (found.severity, found.action, found.key) == (Severity.INFO, "transfer.out", "t-1")
    assert found.words.startswith("expected by desk (EXP-1, rent): out: -5000 USD")


@pytest.mark.parametrize(
    "other",
    [
        announced(value="-5000.01"),
        announced(value="5000"),
        announced(terms=Terms(What.MONEY, "EUR", "-5000")),
        announced(terms=Terms(What.UNITS, "USD", "-5000")),
        announced(account_id=AccountId("two")),
        announced(until=NOON - timedelta(microseconds=1)),
        announced(since=NOON + timedelta(days=1, microseconds=1), until=NOON + timedelta(days=9)),
        announced(state=AnnouncedState.CAME),
        announced(state=AnnouncedState.REVOKED),
    ],
    ids=["amount", "direction", "currency", "kind", "account", "late", "before", "came", "revoked"],
)
def test_another_amount_currency_account_or_time_is_unexpected(other: Announcement) -> None:
    assert judged(other) == [(Severity.CRITICAL, None)]


def test_one_announcement_serves_once() -> None:
    twice = moved(ONE, [activity("t-1"), activity("t-2", occurred_at=NOON + timedelta(hours=1))])

    assert judged(announced(), seen=twice) == [(Severity.INFO, "EXP-1"), (Severity.CRITICAL, None)]


def test_of_two_alike_the_one_that_must_happen_first_is_taken() -> None:
    later, sooner = announced(1, until=NOON + timedelta(days=5)), announced(2)

    assert judged(later, sooner) == [(Severity.INFO, "EXP-2")]


def test_what_a_venue_posts_late_still_counts_and_what_it_dates_by_the_day_too() -> None:
    assert judged(announced(state=AnnouncedState.MISSED)) == [(Severity.INFO, "EXP-1")]
    assert judged(announced(since=NOON + timedelta(hours=9))) == [(Severity.INFO, "EXP-1")]


def test_securities_and_flags_are_announced_too() -> None:
    shares = activity(amount="0", instrument=equity("KO"), quantity=D("-10.50"))
    flags = changed_flags(ONE, {"margin": "1", "gone": "x"}, {"margin": "2"}, NOON)
    expected = [
        announced(1, terms=terms_of(None, None, D("-10.5"), "ko", None)),
        announced(2, terms=terms_of(None, None, None, None, "margin=2")),
    ]

    found = recognised([*moved(ONE, [shares]), *flags], expected)

    assert [one.words.partition(" by")[0] for one in expected] == ["out: -10.5 KO", "margin becomes 2"]
    assert changed_flags(ONE, None, {"margin": "2"}, NOON) == []
    assert {one.key: one.announced_id for one in found} == {"t-1": "EXP-1", "margin": "EXP-2", "gone": None}


def test_money_and_securities_in_one_cannot_have_been_announced() -> None:
    both = activity(instrument=equity("KO"), quantity=D(-10))

    assert judged(announced(), announced(2, terms=Terms(What.UNITS, "KO", "-10")), seen=moved(ONE, [both])) == [
        (Severity.CRITICAL, None)
    ]


def test_what_never_came_is_told_once_after_its_deadline() -> None:
    one, after = announced(), NOON + timedelta(days=2)

    (told,) = missed([one], [], after)
    assert (told.severity, told.action, told.key) == (Severity.WARNING, "transfer.missed", "EXP-1")
    assert "never came, out: -5000 USD by 2026-03-03 12:00 UTC" in told.words
    assert missed([one], [], one.until) == []
    assert missed([one], ["EXP-1"], after) == []
    assert missed([announced(state=AnnouncedState.MISSED)], [], after) == []


@pytest.mark.parametrize(
    "given_",
    [
        (None, None, None, None, None),
        (D(1), None, None, None, None),
        (None, "USD", None, None, None),
        (D(0), "USD", None, None, None),
        (D(1), "USD", D(1), "KO", None),
        (D(1), "USD", None, None, "a=b"),
        (None, None, D(1), " ", None),
        (None, None, None, None, "a"),
        (None, None, None, None, "=b"),
    ],
)
def test_what_is_unclear_is_refused(given_: tuple[Any, Any, Any, Any, Any]) -> None:
    with pytest.raises(DataError):
        terms_of(*given_)


@given(
    amounts=st.lists(st.sampled_from(["-1", "-2", "3"]), max_size=8),
    expected=st.lists(st.tuples(st.sampled_from(["-1", "-2", "3"]), st.integers(-3, 3)), max_size=8),
)
def test_every_movement_is_told_and_no_announcement_serves_twice(
    amounts: list[str], expected: list[tuple[str, int]]
) -> None:
    seen = moved(ONE, [activity(f"t-{n}", one, occurred_at=NOON + timedelta(hours=n)) for n, one in enumerate(amounts)])
    waiting = [announced(n, one, until=NOON + timedelta(hours=hours)) for n, (one, hours) in enumerate(expected)]

    found = recognised(seen, waiting)

    used = [one.announced_id for one in found if one.announced_id]
    assert sorted(one.key for one in found) == sorted(one.key for one in seen)
    assert len(used) == len(set(used))
    by_id = {one.announced_id: one for one in waiting}
    for one in found:
        if one.announced_id:
            assert by_id[one.announced_id].terms == one.terms
            assert one.at <= by_id[one.announced_id].until


def test_the_money_at_risk_is_the_largest_amount_that_nobody_announced() -> None:
    seen = moved(ONE, [activity("a", "-5000"), activity("b", "70000"), activity("c", "-90000")])
    recognised_one = [replace(one, announced_id="EXP-1") if one.key == "c" else one for one in seen]

    assert money_at_risk(seen, "USD") == 90_000
    assert money_at_risk(recognised_one, "USD") == 70_000
    assert money_at_risk(seen, "EUR") is None
    assert money_at_risk([], "USD") is None
