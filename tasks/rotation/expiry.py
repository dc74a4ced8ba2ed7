"""The expiry calendar as people read it: in the report, as an artifact, at the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.clock import now
from tieout.expiry import Entry, calendar
from tieout.settings import Settings

if TYPE_CHECKING:
    from sql.journal import Journal


def read_calendar(journal: Journal, settings: Settings) -> tuple[Entry, ...]:
    """Every credential with both clocks and what happens next."""
    from sql.rotations import read_rotations

    with journal.read() as connection:
        rows = read_rotations(connection)
    return calendar(settings.credentials.values(), rows, now())


def shown(one: Entry) -> dict[str, Any]:
    """A line of the calendar as people read it."""
    moments = {"access until": one.access_until, "refresh until": one.refresh_until, "at": one.at}
    return {
        "credential": one.credential_id,
        "accounts": ", ".join(one.accounts),
        "kind": one.kind.value,
        "kept in": one.reference.partition(":")[0],
        "phase": one.phase.value,
        **{name: moment.isoformat(timespec="minutes") if moment else "" for name, moment in moments.items()},
        "next": one.action,
        "by": one.by,
        "deadline": one.deadline.isoformat(timespec="minutes") if one.deadline else "",
        "why": one.reason,
    }
