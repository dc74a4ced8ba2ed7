"""The audit trail as a chain: each event carries the hash of the one before it, so that no edit goes unnoticed. Pure.

A chain proves itself from its first event to its last. It cannot prove that nothing was cut off its end, or that nobody
wrote all of it anew: that is what anchors are for, copies of a hash that are kept elsewhere, one a day.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum

GENESIS = "0" * 64
"""What the first event follows."""
MOST_FINDINGS = 1_000  # a chain that is broken more often than that is told so once
_FORMAT = "tieout-audit-1"  # goes into every hash, so that another rule can never be mistaken for this one


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line of the trail.

    number         its place in the chain, from 1 without a gap
    at             UTC
    actor          a person's name, or `tieout`
    action         what was done, `order.sending`
    subject        what it was done to: an id, an account, a file
    detail         canonical JSON, as it is stored
    """

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    account_id: str | None
    detail: str
    previous_hash: str
    event_hash: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends by the word of the store, which changes it with each event."""

    number: int
    event_hash: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of the chain on one day, kept outside the database.

    day      UTC
    place    where the copy was found, for messages
    """

    day: date
    number: int
    event_hash: str
    place: str = ""


class Fault(StrEnum):
    """How a chain is broken."""

    EDITED = "edited"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    UNANCHORED = "unanchored"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the chain is broken."""

    fault: Fault
    number: int
    words: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of walking the whole chain.

    events      that stand there
    anchored    anchors that agreed
    """

    events: int
    last: Head
    anchored: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def unbroken(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def sealed(event: AuditEvent) -> AuditEvent:
    """The event with its hash."""
    return replace(event, event_hash=hash_of(event))


def hash_of(event: AuditEvent) -> str:
    """SHA-256, 64 hex digits, over everything that the event says and the hash of the one before it."""
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = (event.number, at, event.actor, event.action, event.subject, event.account_id, event.detail)
    text = json.dumps([_FORMAT, event.previous_hash, *parts], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def verify(events: Iterable[AuditEvent], head: Head, anchors: Iterable[Anchor] = ()) -> Verification:
    """Walk the chain once, from its first event on.

    events     in the order of their numbers
    head       by the word of the store
    anchors    those that are kept elsewhere
    """
    walk = _Walk()
    by_number = _by_number(anchors)
    for event in events:
        walk.take(event, by_number.get(event.number, ()))
    walk.end(head, by_number)
    return Verification(walk.count, walk.last, walk.anchored, tuple(walk.told()))


@dataclass(slots=True)
class _Walk:
    """How far the walk has come."""

    last: Head = field(default_factory=lambda: Head(0, GENESIS))
    count: int = 0
    anchored: int = 0
    findings: list[Finding] = field(default_factory=list)
    edited: dict[int, AuditEvent] = field(default_factory=dict)

    def take(self, event: AuditEvent, anchors: Iterable[Anchor]) -> None:
        """Judge one event by itself, by the one before it, and by its anchors."""
        self.count += 1
        if event.number > self.last.number + 1:
            self._find(Fault.REMOVED, event.number, f"{_missing(self.last.number, event.number)} missing before it")
        elif event.number <= self.last.number:
            self._find(Fault.INSERTED, event.number, f"stands a second time, after {self.last.number}")
        if hash_of(event) != event.event_hash:
            self.edited[event.number] = event
        elif event.number == self.last.number + 1 and event.previous_hash != self.last.event_hash:
            self._find(Fault.REORDERED, event.number, "does not follow the event before it")
        self._compare(event, anchors)
        self.last = Head(event.number, event.event_hash)

    def end(self, head: Head, anchors: Mapping[int, tuple[Anchor, ...]]) -> None:
        """Judge the end of the chain."""
        if head.number > self.last.number:
            self._find(Fault.TRUNCATED, head.number, f"{_missing(self.last.number, head.number + 1)} cut off the end")
        elif head.number < self.last.number:
            self._find(Fault.INSERTED, self.last.number, f"stands behind {head.number}, which is the end")
        elif head.event_hash != self.last.event_hash:
            self._find(Fault.EDITED, head.number, "the end of the chain is not what the store noted as its end")
        for one in (one for number, some in anchors.items() if number > self.last.number for one in some):
            self._find(Fault.TRUNCATED, one.number, f"the anchor of {one.day} covers it{_at(one)}, and it is not there")

    def told(self) -> Iterator[Finding]:
        """Every finding in the order of the events; edits that are exchanged places are told as such."""
        both = [*self.findings, *(_edit(one, self.edited) for one in self.edited.values())]
        yield from sorted(both, key=lambda one: one.number)

    def _compare(self, event: AuditEvent, anchors: Iterable[Anchor]) -> None:
        for one in anchors:
            if one.event_hash == event.event_hash:
                self.anchored += 1
            else:
                self._find(Fault.REWRITTEN, event.number, f"has another hash than the anchor of {one.day}{_at(one)}")

    def _find(self, fault: Fault, number: int, words: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(fault, number, words))


def _edit(event: AuditEvent, edited: Mapping[int, AuditEvent]) -> Finding:
    """An event that is right at the number of another one that is wrong has changed places with it."""
    others = list(edited)[:MOST_FINDINGS]
    for number in others:
        if number != event.number and hash_of(replace(event, number=number)) == event.event_hash:
            return Finding(Fault.REORDERED, event.number, f"belongs to the place of {number}")
    return Finding(Fault.EDITED, event.number, "what it says is not what its hash was made from")


def _by_number(anchors: Iterable[Anchor]) -> dict[int, tuple[Anchor, ...]]:
    found: dict[int, tuple[Anchor, ...]] = {}
    for one in anchors:
        found[one.number] = (*found.get(one.number, ()), one)
    return found


def _missing(before: int, after: int) -> str:
    first, last = before + 1, after - 1
    return f"event {first} is" if first == last else f"events {first} to {last} are"


def _at(anchor: Anchor) -> str:
    return f" ({anchor.place})" if anchor.place else ""
