"""The drop folder: a file is claimed, read, stored and moved away; a crash in between costs time and nothing else.

signals/                the drop folder, where senders put files
signals/.working/       claimed by a reader; those of a dead one are read again by the next
signals/taken/          read and stored
signals/refused/        not taken; beside each file `NAME.reason.txt` says why
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.signals.deliver import LARGEST, deliver, delivered_before
from tieout.errors import DataError
from tieout.settings import Settings
from tieout.signals.types import Source

if TYPE_CHECKING:
    from sql.journal import Journal

ENDINGS = (".csv", ".json", ".jsonl")
SETTLE_S = 2.0  # a file that changed less long ago may still be written to
WORKING, TAKEN, REFUSED = ".working", "taken", "refused"
REASON = ".reason.txt"


@dataclass(frozen=True, slots=True)
class FileRead:
    """One file of the folder.

    lines    what its sender should read
    trouble  why it could not even be read or moved; it stays where it is
    """

    name: str
    taken: bool
    new: int = 0
    lines: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A file in `.working`, and the name that its sender gave it."""

    path: Path
    name: str


def take_folder(
    journal: Journal, settings: Settings, now: datetime, *, real_time: float | None = None
) -> list[FileRead]:
    """Take every file of the drop folder that is not being written to; nothing where no folder is configured.

    now         UTC, what signals are judged by
    real_time   seconds since 1970 as the file system counts them, whatever the rehearsed time is
    raises      DataError where the folder cannot be made or listed
    """
    if settings.signals.drop_folder is None:
        return []
    folder = Path(settings.signals.drop_folder)
    try:
        for below in (WORKING, TAKEN, REFUSED):
            (folder / below).mkdir(parents=True, exist_ok=True)
        claims = [*_left_behind(folder), *_claims(folder, time.time() if real_time is None else real_time)]
    except OSError as error:
        raise DataError(f"drop folder {folder}: {error.strerror}") from error
    return [done for one in claims if (done := _take(journal, settings, folder, one, now)) is not None]


def _left_behind(folder: Path) -> Iterator[_Claim]:
    """Files that a reader claimed and did not move away. It may be alive: reading one twice stores it once."""
    for path in sorted((folder / WORKING).iterdir()):
        _, _, name = path.name.partition(".")
        if name and _is_file(path):
            yield _Claim(path, name)


def _claims(folder: Path, real_time: float) -> Iterator[_Claim]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not path.name.lower().endswith(ENDINGS) or not _is_file(path):
            continue
        if (claim := _claim(folder, path, real_time)) is not None:
            yield claim


def _claim(folder: Path, path: Path, real_time: float) -> _Claim | None:
    """The file under a name of our own; None while it is being written to, or where another reader was faster."""
    claimed = folder / WORKING / f"{uuid.uuid4().hex}.{path.name}"
    try:
        before = path.lstat()
        if abs(real_time - before.st_mtime) < SETTLE_S or before.st_size == 0:
            return None
        path.rename(claimed)
        after = claimed.lstat()
        if (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns):
            return _Claim(claimed, path.name)
        if not path.exists():
            claimed.rename(path)
    except FileNotFoundError:
        pass  # another reader has it
    return None


def _is_file(path: Path) -> bool:
    """A regular file: a link could lead to one that was never meant to be read."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _take(journal: Journal, settings: Settings, folder: Path, claim: _Claim, now: datetime) -> FileRead | None:
    """One file, from its claim to its place; None where another reader has moved it away."""
    try:
        body = _read(claim.path)
        written = datetime.fromtimestamp(claim.path.lstat().st_mtime, UTC)
    except FileNotFoundError:
        return None
    except OSError as error:
        return FileRead(claim.name, False, trouble=f"cannot be read: {error.strerror}")
    delivery = deliver(journal, settings, claim.name, body, Source.FOLDER, now)
    lines = delivery.lines()
    taken = not delivery.refused
    if not taken and delivered_before(journal, settings, claim.name, body, Source.FOLDER, written):
        taken, lines = True, ["Every signal of this file is known already, nothing was added"]
    return _move(folder, claim, body, FileRead(claim.name, taken, delivery.new, tuple(lines)))


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as file:
        return file.read(LARGEST + 1)


def _move(folder: Path, claim: _Claim, body: bytes, read: FileRead) -> FileRead:
    """The reason first, so that no refused file is ever without one."""
    target = _free_name(folder / (TAKEN if read.taken else REFUSED), claim.name, body)
    try:
        if read.lines:
            target.with_name(target.name + REASON).write_text("\n".join(read.lines) + "\n", encoding="utf-8")
        claim.path.replace(target)
    except FileNotFoundError:
        pass  # another reader stored and moved the same file
    except OSError as error:
        return FileRead(read.name, read.taken, read.new, read.lines, f"cannot be moved away: {error.strerror}")
    return read


def _free_name(folder: Path, name: str, body: bytes) -> Path:
    """The sender's name, with a fingerprint where an earlier file of that name had another content."""
    wanted = folder / name
    if not wanted.exists() or wanted.read_bytes() == body:
        return wanted
    stem, dot, ending = name.rpartition(".")
    return folder / f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}{dot}{ending}"
