"""Booking what a file says: all of it in one transaction, each record with file, line and signature beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tieout.errors import DataError, TieoutError
from tieout.imports.batch import ImportBatch
from tieout.imports.csv_table import SourceFile
from tieout.records import Activity, Execution

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sql.records import Appended
    from tieout.accounts import Account
    from tieout.ids import AccountId
    from tieout.sessions import Sessions

SOURCE = "import"
LARGEST = 256 * 1024 * 1024  # bytes; a larger file is a mistake, or needs cutting


@dataclass(frozen=True, slots=True)
class Booked:
    """What an import did, or would do.

    new        records that the journal did not have
    repeated   records that it had already, word for word
    """

    new: int
    repeated: int
    last_seq: int
    dry_run: bool


class _Undo(TieoutError):
    """Leaves the transaction of a dry run; never seen outside."""


def read_file(path: Path) -> SourceFile:
    """A file's bytes under its name without the folder.

    raises    DataError where there is no such file, or it cannot be read
    """
    try:
        if path.stat().st_size > LARGEST:
            raise DataError(f"{path}: larger than {LARGEST // 1024**2} MiB; cut it into pieces")
        return SourceFile(path.name, path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error


def book_import(
    journal_url: str, account: Account, batch: ImportBatch, *, sessions: Sessions, now: datetime, dry_run: bool
) -> Booked:
    """Accept a batch as ours. Importing it again books nothing; a dry run does everything and takes it back.

    raises    DataError for a record that lies in the future; StoreError where the journal holds a record of the same
              id with another content
    """
    from sql.journal import Journal

    _refuse_the_future(batch, now)
    journal = Journal.open(journal_url)
    booked = Booked(0, 0, 0, dry_run)
    try:
        with journal.write() as connection:
            booked = _append(connection, account, batch, sessions, now, dry_run)
            _audit(connection, account, batch, booked, now)
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    finally:
        journal.close()
    return booked


def _audit(connection: Connection, account: Account, batch: ImportBatch, booked: Booked, now: datetime) -> None:
    from sql.audit import append

    files = {one.source.name: one.source.sha256 for one in batch.records}
    detail = {
        "account_id": account.account_id,
        "files": files,
        "new": booked.new,
        "repeated": booked.repeated,
        "held": len(batch.held),
        "as_of": batch.as_of,
    }
    append(
        connection,
        actor=batch.signed_off_by,
        action="import.booked",
        subject=", ".join(files),
        detail=detail,
        now=now,
    )


def _refuse_the_future(batch: ImportBatch, now: datetime) -> None:
    for one in batch.records:
        at = one.record.executed_at if isinstance(one.record, Execution) else one.record.occurred_at
        if at > now:
            raise DataError(f"{one.source.name} line {one.line}: dated {at:%Y-%m-%d %H:%M} UTC, which is still to come")


def _append(
    connection: Connection, account: Account, batch: ImportBatch, sessions: Sessions, now: datetime, dry_run: bool
) -> Booked:
    from sql.records import append_activities, append_executions, record_account

    evidence = {_id(one.record): dict(one.evidence(batch.signed_off_by)) for one in batch.records}
    record_account(connection, account)
    activities = [one.record for one in batch.records if isinstance(one.record, Activity)]
    executions = [one.record for one in batch.records if isinstance(one.record, Execution)]
    name = account.account_id

    def proof(record: Execution | Activity) -> dict[str, object]:
        return evidence[_id(record)]

    _keep_held(connection, name, batch, now)
    # the opening first: it is what the trades start from
    opened = append_activities(connection, name, activities, sessions=sessions, source=SOURCE, evidence=proof, now=now)
    traded = append_executions(connection, name, executions, sessions=sessions, source=SOURCE, evidence=proof, now=now)
    return _together((opened, traded), dry_run)


def _keep_held(connection: Connection, name: AccountId, batch: ImportBatch, now: datetime) -> None:
    """Rows that were not booked stay findable; a file imported twice keeps each of them once."""
    from sql.quarantine import keep, read_kept

    kept = {(one.reason, one.body) for one in read_kept(connection, name)}
    for row in batch.held:
        reason, body = f"{row.file} line {row.line}: {row.reason}", row.raw.encode()
        if (reason, body) not in kept:
            keep(connection, name, None, SOURCE, reason, now, body)


def _together(appended: Iterable[Appended], dry_run: bool) -> Booked:
    parts = list(appended)
    return Booked(
        sum(one.new for one in parts), sum(one.repeated for one in parts), max(one.last_seq for one in parts), dry_run
    )


def _id(record: Execution | Activity) -> str:
    return str(record.execution_id if isinstance(record, Execution) else record.activity_id)
