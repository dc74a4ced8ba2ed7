"""The chain of the audit trail: what verifying it finds, and what it does not take for a fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.audit import GENESIS, MOST_FINDINGS, Anchor, AuditEvent, Fault, Head, hash_of, sealed, verify

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)


def a_chain(length: int = 6) -> list[AuditEvent]:
    last, events = GENESIS, []
    for number in range(1, length + 1):
        one = AuditEvent(number, AT, "desk", "breaker.lifted", f"s{number}", "a", "{}", last)
        events.append(sealed(one))
        last = events[-1].event_hash
    return events


def end_of(events: Sequence[AuditEvent]) -> Head:
    return Head(events[-1].number, events[-1].event_hash) if events else Head(0, GENESIS)


CHAIN = a_chain()
END = end_of(CHAIN)
ANCHOR = Anchor(date(2026, 3, 2), 4, CHAIN[3].event_hash, "anchors.jsonl")
EDITS: list[Callable[[AuditEvent], AuditEvent]] = [
    lambda one: replace(one, at=one.at + timedelta(microseconds=1)),
    lambda one: replace(one, actor="nobody"),
    lambda one: replace(one, action="breaker.tripped"),
    lambda one: replace(one, subject=""),
    lambda one: replace(one, account_id=None),
    lambda one: replace(one, detail="{ }"),
    lambda one: replace(one, previous_hash="1" * 64),
    lambda one: replace(one, event_hash="1" * 64),
]


def faults(events: Sequence[AuditEvent], head: Head = END, anchors: Sequence[Anchor] = ()) -> list[tuple[Fault, int]]:
    return [(one.fault, one.number) for one in verify(events, head, anchors).findings]


def test_a_chain_that_nobody_touched_is_unbroken() -> None:
    found = verify(CHAIN, END, [ANCHOR])

    assert (found.unbroken, found.events, found.anchored, found.last) == (True, 6, 1, END)


def test_an_empty_chain_is_unbroken() -> None:
    assert verify([], Head(0, GENESIS)).unbroken


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("place", range(6))
def test_an_edited_event_is_found(edit: Callable[[AuditEvent], AuditEvent], place: int) -> None:
    events = [*CHAIN[:place], edit(CHAIN[place]), *CHAIN[place + 1 :]]

    assert (Fault.EDITED, place + 1) in faults(events)


@pytest.mark.parametrize("place", range(5))
def test_a_removed_event_is_found(place: int) -> None:
    events = [*CHAIN[:place], *CHAIN[place + 1 :]]

    assert faults(events) == [(Fault.REMOVED, place + 2)]


def test_what_is_cut_off_the_end_is_found_by_the_stores_word_and_by_the_anchor() -> None:
    assert faults(CHAIN[:-1]) == [(Fault.TRUNCATED, 6)]
    assert faults(CHAIN[:3], end_of(CHAIN[:3])) == []
    assert faults(CHAIN[:3], end_of(CHAIN[:3]), [ANCHOR]) == [(Fault.TRUNCATED, 4)]
    assert faults([], Head(0, GENESIS), [ANCHOR]) == [(Fault.TRUNCATED, 4)]


def test_an_edited_event_with_a_new_hash_is_found_by_the_one_after_it() -> None:
    events = [*CHAIN[:2], sealed(replace(CHAIN[2], actor="nobody")), *CHAIN[3:]]

    assert faults(events) == [(Fault.REORDERED, 4)]


def test_a_chain_that_was_written_anew_is_found_by_its_anchor_alone() -> None:
    forged, last = [], GENESIS
    for one in CHAIN:
        forged.append(sealed(replace(one, actor="nobody", previous_hash=last)))
        last = forged[-1].event_hash

    assert faults(forged, end_of(forged)) == []
    assert faults(forged, end_of(forged), [ANCHOR]) == [(Fault.REWRITTEN, 4)]


def test_events_that_changed_places_are_told_as_such() -> None:
    one, two = CHAIN[1], CHAIN[3]
    events = [CHAIN[0], replace(two, number=2), CHAIN[2], replace(one, number=4), *CHAIN[4:]]

    assert faults(events) == [(Fault.REORDERED, number) for number in (2, 3, 4, 5)]


def test_an_event_behind_the_end_is_found() -> None:
    assert faults(CHAIN, end_of(CHAIN[:5])) == [(Fault.INSERTED, 6)]


def test_a_second_event_of_one_number_is_found() -> None:
    assert (Fault.INSERTED, 3) in faults([*CHAIN[:3], CHAIN[2], *CHAIN[3:]])


def test_an_end_that_is_not_the_end_is_found() -> None:
    assert faults(CHAIN, Head(6, GENESIS)) == [(Fault.EDITED, 6)]


def test_findings_say_where_and_what() -> None:
    (found,) = verify([CHAIN[0], *CHAIN[4:]], END).findings
    assert found.words == "events 2 to 4 are missing before it"
    (found,) = verify(CHAIN[:3], end_of(CHAIN[:3]), [ANCHOR]).findings
    assert "the anchor of 2026-03-02 covers it (anchors.jsonl)" in found.words


def test_a_chain_that_is_broken_everywhere_is_told_in_bounds() -> None:
    events = [replace(one, number=one.number * 2) for one in a_chain(MOST_FINDINGS + 10)]
    found = verify(events, end_of(events)).findings

    assert len([one for one in found if one.fault is Fault.REMOVED]) == MOST_FINDINGS


@given(st.text(), st.text(), st.text(), st.text() | st.none(), st.datetimes(timezones=st.just(UTC)))
def test_no_two_events_share_a_hash(actor: str, action: str, subject: str, account: str | None, at: datetime) -> None:
    one = AuditEvent(1, at, actor, action, subject, account, "{}", GENESIS)
    others = (
        replace(one, actor=actor + action, action=""),
        replace(one, subject=str(account), account_id=subject),
        replace(one, number=11),
    )

    assert hash_of(one) == hash_of(replace(one, at=at.astimezone(timezone(timedelta(hours=5)))))
    assert all(hash_of(other) != hash_of(one) for other in others if other != one)
