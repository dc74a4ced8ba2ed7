"""Whatever a database or a disk throws, as one of our errors: what happened, where, and what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, StatementError

from tieout.errors import StoreError, TieoutError

_READ_ONLY = ("readonly database", "read-only", "permission denied")
_FULL = ("disk is full", "no space left", "disk full", "file too large", "disk i/o error")
_LOCKED = ("database is locked", "could not set lock", "lock timeout", "being used by another process")
_SHUT = ("unable to open", "cannot open file")
_BROKEN = ("malformed", "not a database", "not a valid duckdb", "corrupt", "checksum")


@contextmanager
def told_clearly(where: str) -> Iterator[None]:
    """Turn database and disk errors that leave the block into StoreError.

    where     the store's URL without its password
    """
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"{where}: {explain(str(error.orig))}") from error
    except StatementError as error:
        if isinstance(error.orig, TieoutError):  # a value that a column type refused
            raise error.orig from None
        raise
    except OSError as error:
        if error.errno not in _DISK:
            raise
        raise StoreError(f"{where}: {explain(str(error))}") from error


_DISK = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def explain(cause: str) -> str:
    """The cause in our words with what to do, then the database's own first line."""
    first = cause.strip().splitlines()[0] if cause.strip() else "no reason given"
    said = cause.lower()
    for signs, advice in _ADVICE:
        if any(sign in said for sign in signs):
            return f"{advice} ({first})"
    return first


_ADVICE = (
    (_LOCKED, "the database is locked by another program; close it there, or let people read the published copy"),
    (_FULL, "the disk is full or a file reached its limit; free space and run again, nothing committed is lost"),
    (_READ_ONLY, "cannot be written: the disk or file is read-only, or belongs to another user"),
    (_SHUT, "cannot be opened: the disk may be read-only, the folder missing, or the file another user's"),
    (_BROKEN, "the file is damaged or no database; restore it from a backup, do not write to it"),
)
