"""Proving the audit trail: walking over it, and anchoring its end outside the database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from tasks.artifacts import create_table_artifact
from tasks.clock import now
from tasks.news import tell_people
from tasks.stores import Stores, open_stores
from tieout.alert import lasting
from tieout.anchors import FILE, missing, noted, read, written
from tieout.audit import Anchor, Verification
from tieout.errors import DataError
from tieout.recon.types import Severity

if TYPE_CHECKING:
    from sqlalchemy import Connection

ANCHORED = "audit.anchored"
SHOWN = 10  # faults in a message


def anchors_file(stores: Stores) -> Path:
    """Where the anchors are kept; copy it to another machine."""
    return Path(stores.settings.output_dir) / "audit" / FILE


def verify_trail(stores: Stores, *files: Path) -> Verification:
    """Walk over the whole trail and compare it with the anchors.

    files     where else anchors are kept; none: the file of this installation
    raises    DataError for a file that is named and cannot be read, or is no file of anchors
    """
    from sql.audit import verify_chain

    places = files or tuple(one for one in (anchors_file(stores),) if one.exists())
    kept = [anchor for one in places for anchor in read(_text(one), stores.journal.where, str(one))]
    with stores.journal.read() as journal:
        found = verify_chain(journal, kept)
        return replace(found, findings=(*found.findings, *missing(_noted(journal), kept)))


def anchor_trail(stores: Stores) -> tuple[Verification, Anchor | None]:
    """Verify the trail, and keep its end in the file of anchors; no anchor is made of a broken or an empty trail."""
    from sql.audit import ACTOR, append

    found = verify_trail(stores)
    if not found.unbroken or found.last.number == 0:
        return found, None
    moment = now()
    anchor = Anchor(moment.astimezone(UTC).date(), found.last.number, found.last.event_hash)
    _add(anchors_file(stores), written(anchor, stores.journal.where, moment))
    detail = {"day": anchor.day, "event": anchor.number, "hash": anchor.event_hash}
    with stores.journal.write() as journal:
        append(journal, actor=ACTOR, action=ANCHORED, subject=str(anchor.day), detail=detail, now=moment)
    return found, anchor


@task(task_run_name="anchor", cache_policy=NO_CACHE)
def anchor_today() -> tuple[Verification, Anchor | None]:
    """Verify and anchor; the same again adds another anchor, and changes nothing."""
    with open_stores() as stores:
        found, anchor = anchor_trail(stores)
    rows = [{"fault": one.fault.value, "event": one.number, "what": one.words} for one in found.findings]
    if anchor is not None:
        rows = [{"day": str(anchor.day), "event": anchor.number, "hash": anchor.event_hash}]
    told = f"{found.events} events, {found.anchored} anchors agreed, {len(found.findings)} faults"
    create_table_artifact(rows, key="audit-anchor", description=told)
    return found, anchor


def _noted(journal: Connection) -> Iterator[Anchor]:
    from sql.audit import Wanted, read_events

    for event in read_events(journal, Wanted(action=ANCHORED)):
        yield noted(event)


def _add(file: Path, line: str) -> None:
    """On the disk when this returns; one write, so that two processes never mix their lines."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise DataError(f"{file}: the anchor cannot be kept: {error.strerror}") from error


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot be read as a file of anchors: {error}") from error


def conclude_anchor(found: Verification, anchor: Anchor | None) -> State[Any]:
    """A broken trail fails the run, and a person is told at once."""
    from prefect.states import Completed, Failed

    if found.unbroken:
        words = f"{found.events} events" + (f", anchored at {anchor.number}" if anchor else ", nothing to anchor")
        return Completed(name="Anchored" if anchor else "Empty", message=words, data=0)
    faults = [f"event {one.number} {one.fault}: {one.words}" for one in found.findings]
    title = f"tieout: the audit trail is broken in {len(faults)} places"
    lines = [*faults[:SHOWN], "`tieout audit verify` lists all of them"]
    tell_people(Severity.CRITICAL, title, lines, [lasting("audit trail", *faults)], source="audit-anchor")
    return Failed(name="Broken", message="; ".join(faults[:SHOWN]), data=1)
