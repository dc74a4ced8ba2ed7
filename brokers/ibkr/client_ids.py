"""Client ids: TWS takes one connection under each, so two processes must never hold the same one.

A lock file stands for each number of each program that is logged in. It is released by the system when its process
ends, however it ends. Another machine's processes are not seen; there TWS itself refuses the second (326), and the
next number is tried.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from brokers.ibkr.codes import BROKER
from brokers.ibkr.endpoint import Endpoint
from tieout.errors import Unavailable

_FOLDER = "tieout-ibkr"


class ClientIds:
    """The numbers of one endpoint.

    folder    where the locks stand; None means the machine's folder for such files, shared by all its processes
    """

    def __init__(self, endpoint: Endpoint, folder: Path | None = None) -> None:
        self._endpoint = endpoint
        self._folder = folder or Path(tempfile.gettempdir()) / _FOLDER

    def free(self) -> Iterator[tuple[int, FileLock]]:
        """Numbers that nobody on this machine holds, each locked; whoever does not use one releases it.

        raises    Unavailable after the last of them
        """
        for number in self._endpoint.client_ids:
            lock = self._lock(number)
            if lock is not None:
                yield number, lock
        ids = self._endpoint.client_ids
        raise Unavailable(BROKER, f"all client ids from {ids[0]} to {ids[-1]} at {self._endpoint.name} are in use")

    def take(self, number: int) -> FileLock:
        """One number of our own choice.

        raises    Unavailable where another process holds it
        """
        lock = self._lock(number)
        if lock is None:
            raise Unavailable(BROKER, f"client id {number} at {self._endpoint.name} is held by another process")
        return lock

    def _lock(self, number: int) -> FileLock | None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^A-Za-z0-9.]", "_", self._endpoint.name)
        lock = FileLock(self._folder / f"{name}-{number}.lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        return lock
