"""The table into which other programs write: each row is judged and answered in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tasks.signals.deliver import judge, known_secrets, refused
from tieout.settings import Settings
from tieout.signals.document import read_json
from tieout.signals.rules import rules_for
from tieout.signals.types import Arrival, Refusal, RefusalCode, RefusedError, Signal, Source

if TYPE_CHECKING:
    from sql.journal import Journal
    from sql.signal_inbox import InboxRow
    from sql.signals import Appended

AT_ONCE = 500  # rows of one reading
LARGEST = 64 * 1024  # bytes of a row


def take_inbox(journal: Journal, settings: Settings, now: datetime) -> list[Appended]:
    """Make signals of the rows that nobody has answered yet, and answer them.

    now    UTC
    """
    from sql.signal_inbox import answer, read_inbox
    from sql.signals import append_signal

    with journal.read() as connection:
        rows = read_inbox(connection, AT_ONCE)
    appended = []
    for row in rows:
        judged = _judged(row, settings, now)
        with journal.write() as connection:
            done = append_signal(connection, judged, now)
            answer(connection, row.inbox_id, done.signal_id, done.refusal.reason if done.refusal else None)
        appended.append(done)
    return appended


def _judged(row: InboxRow, settings: Settings, now: datetime) -> Signal | Refusal:
    arrival, secrets = Arrival(Source.TABLE, now, row.strategy), known_secrets(settings)
    try:
        if len(row.payload) > LARGEST:
            raise RefusedError(RefusalCode.TOO_LARGE, f"{len(row.payload)} bytes, {LARGEST} are the most")
        payload = read_json(row.payload)
    except RefusedError as error:
        return refused(error, row.payload, arrival, secrets)
    return judge(payload, arrival, rules_for(settings, Source.TABLE), secrets)
