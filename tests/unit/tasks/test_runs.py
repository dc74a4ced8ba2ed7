"""Whether the holder of a lease lives: only of this machine's processes can that be known."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tasks.runs import holder, is_dead

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells of its processes in /proc")


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits until it is ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as running:
        yield running
        running.kill()


def named(pid: int, *more: str) -> str:
    return ":".join([socket.gethostname(), str(pid), "a flow run", *more])


def test_this_process_lives() -> None:
    assert not is_dead(holder())


def test_another_process_lives_until_it_ends(other: subprocess.Popen[bytes]) -> None:
    assert not is_dead(named(other.pid))

    other.kill()
    other.wait()

    assert is_dead(named(other.pid))


@LINUX
def test_a_killed_process_that_nobody_has_buried_is_dead(other: subprocess.Popen[bytes]) -> None:
    other.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # it is dead, and stays a zombie

    assert is_dead(named(other.pid))


@LINUX
def test_a_process_that_only_has_the_number_of_the_holder_is_not_the_holder() -> None:
    assert is_dead(named(os.getpid(), "1"))
    assert not is_dead(named(os.getpid(), ""))


@pytest.mark.parametrize("name", ["elsewhere:1:a flow run:1", "no holder at all", ""])
def test_of_other_machines_nothing_is_known(name: str) -> None:
    assert not is_dead(name)
