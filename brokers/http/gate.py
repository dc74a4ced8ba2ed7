"""A lock on a file that the processes of one machine take in turn, some twenty microseconds each time.

filelock, which the bucket's library uses, opens, checks and closes the file each time: a tenth of a millisecond, paid
for every request. Here it stays open. The lock of a process that dies is the kernel's to give back.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL_S = 0.005  # a holder needs about a millisecond


class FileGate:
    """One file's lock, for the threads of this process and for other processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.Lock()
        self._process = os.getpid()
        self._file: int | None = None

    @contextmanager
    def held(self, within_s: float) -> Iterator[None]:
        """The lock, taken within so many seconds. Raises TimeoutError, OSError."""
        self._begin_anew_in_a_child()
        deadline = time.monotonic() + within_s
        if not self._threads.acquire(timeout=within_s):
            raise TimeoutError(f"{self._path} is busy for {within_s:g} s")
        try:
            descriptor = self._descriptor()
            self._lock(descriptor, deadline, within_s)
            try:
                yield
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None and self._process == os.getpid():
            os.close(self._file)
        self._file = None

    def _begin_anew_in_a_child(self) -> None:
        """After a fork: a lock on the parent's descriptor would be the parent's, and its threads are not here."""
        if self._process != os.getpid():
            self._threads, self._process, self._file = threading.Lock(), os.getpid(), None

    def _descriptor(self) -> int:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        return self._file

    def _lock(self, descriptor: int, deadline: float, within_s: float) -> None:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise TimeoutError(f"{self._path} is busy for {within_s:g} s") from None
                time.sleep(_POLL_S)
            else:
                return
