"""Anchors of the audit trail as a file holds them: one JSON object per line, added to and never changed. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from tieout.audit import Anchor, AuditEvent, Fault, Finding
from tieout.errors import DataError

FILE = "anchors.jsonl"


def written(anchor: Anchor, store: str, at: datetime) -> str:
    """One line, its end included.

    store    the database's URL without its password: several may share a file
    at       UTC
    """
    line = {
        "day": anchor.day.isoformat(),
        "event": anchor.number,
        "hash": anchor.event_hash,
        "store": store,
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
    }
    return json.dumps(line) + "\n"


def read(text: str, store: str, place: str) -> tuple[Anchor, ...]:
    """The anchors of one database.

    place     the file's name
    raises    DataError for a line that is no anchor: a file that proves something is never read in part
    """
    return tuple(_read(text, store, place))


def missing(noted: Iterable[Anchor], kept: Iterable[Anchor]) -> tuple[Finding, ...]:
    """Anchors that the chain itself says were made, and that are not where they were put."""
    known = {(one.number, one.event_hash) for one in kept}
    return tuple(
        Finding(Fault.UNANCHORED, one.number, f"the anchor of {one.day} was made and is not kept any more")
        for one in noted
        if (one.number, one.event_hash) not in known
    )


def noted(event: AuditEvent) -> Anchor:
    """The anchor that an event of the trail says was made; one that cannot be read proves nothing and is missed."""
    try:
        held = json.loads(event.detail)
        return Anchor(date.fromisoformat(held["day"]), int(held["event"]), str(held["hash"]))
    except (ValueError, KeyError, TypeError):
        return Anchor(event.at.date(), event.number, "")


def _read(text: str, store: str, place: str) -> Iterator[Anchor]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            held = json.loads(line)
            if held["store"] == store:
                yield Anchor(date.fromisoformat(held["day"]), int(held["event"]), str(held["hash"]), place)
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{place} line {number}: no anchor of an audit trail ({type(error).__name__})") from error
