"""A lock between processes that is granted first come, first served, and outlives nobody who held it.

Each taker draws a number under a short mutex and keeps an exclusive flock on a file of that name for as long as it
waits and holds. Whoever has the lowest living number holds the lock; everybody else waits for the flock of the number
just before its own. The kernel drops a flock when its process dies, by SIGKILL too, so a dead holder or a dead waiter
is passed over and its file removed by whoever finds it. docs/decisions/ says why not plain flock, and not `filelock`.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tieout.errors import StoreError

_MUTEX = "mutex"
_NEXT_S = 0.002  # flock has no time limit of its own, so the next in line looks again this often
_LATER_S = 0.02  # and everybody behind it this often

_holders: dict[tuple[str, int], int] = {}  # (folder, thread) -> ticket, to refuse a lock inside itself


class FairLock:
    """One lock, named by a folder on a local disk that holds the tickets.

    wait_s    seconds after which waiting ends in a StoreError that names the holder
    """

    def __init__(self, folder: Path, *, wait_s: float) -> None:
        self._folder = folder
        self._wait_s = wait_s

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for our turn, and keep it until the block ends.

        raises    StoreError when the wait takes too long, or when this thread holds the lock already
        """
        key = (str(self._folder.absolute()), threading.get_ident())
        if key in _holders:
            raise StoreError(
                f"{self._folder}: this thread holds the lock already; a write inside a write would wait for itself"
            )
        number, ticket = self._draw()
        _holders[key] = number
        try:
            self._wait_for_turn(number)
            yield
        finally:
            del _holders[key]
            self._path(number).unlink(missing_ok=True)
            os.close(ticket)

    def queue(self) -> list[int]:
        """Numbers that hold or wait, the holder first. Dead ones may still be among them."""
        try:
            return sorted(int(path.name) for path in self._folder.iterdir() if path.name.isdigit())
        except FileNotFoundError:
            return []

    def _draw(self) -> tuple[int, int]:
        """A number above every one in the queue, and the descriptor whose flock says that its owner lives."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with _flocked(self._folder / _MUTEX):
            number = max(self.queue(), default=0) + 1
            ticket = os.open(self._path(number), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
            try:
                fcntl.flock(ticket, fcntl.LOCK_EX)
                os.write(ticket, f"{os.getpid()}\n".encode())
            except OSError:
                os.close(ticket)
                raise
        return number, ticket

    def _wait_for_turn(self, number: int) -> None:
        deadline = time.monotonic() + self._wait_s
        while ahead := [other for other in self.queue() if other < number]:
            if self._is_over(ahead[-1]):
                continue
            if time.monotonic() > deadline:
                raise StoreError(
                    f"{self._folder}: waited {self._wait_s:g} s for the writers before us; process {self._owner()} "
                    "holds the lock. If it hangs, stop it: nothing committed is lost."
                )
            time.sleep(_NEXT_S if len(ahead) == 1 else _LATER_S)

    def _is_over(self, number: int) -> bool:
        """Whether that number's owner has let go or died; its file is then removed."""
        try:
            ticket = os.open(self._path(number), os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(ticket, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._path(number).unlink(missing_ok=True)
        except BlockingIOError:
            return False
        finally:
            os.close(ticket)
        return True

    def _owner(self) -> str:
        with suppress(OSError, IndexError):
            return self._path(self.queue()[0]).read_text().strip() or "unknown"
        return "unknown"

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:012d}"


@contextmanager
def _flocked(path: Path) -> Iterator[None]:
    """An exclusive flock for a few microseconds; in what order it is granted does not matter."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
