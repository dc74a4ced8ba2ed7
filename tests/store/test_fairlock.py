from __future__ import annotations

import os
import signal
import threading
from multiprocessing.context import ForkServerContext
from pathlib import Path
from queue import SimpleQueue

import pytest

from sql.fairlock import FairLock
from tests.store.workers import count_under_lock, hold_lock
from tieout.errors import StoreError

GOES_ON_S = 20.0


def lock_on(folder: Path, wait_s: float = GOES_ON_S) -> FairLock:
    return FairLock(folder, wait_s=wait_s)


def wait_until_queued(lock: FairLock, count: int) -> None:
    for _ in range(int(GOES_ON_S * 1000)):
        if len(lock.queue()) >= count:
            return
        threading.Event().wait(0.001)
    raise AssertionError(f"{count} in the queue were expected, there are {lock.queue()}")


def test_the_lock_is_granted_in_the_order_it_was_asked_for(tmp_path: Path) -> None:
    lock, granted = lock_on(tmp_path / "queue"), SimpleQueue[int]()

    def take(number: int) -> None:
        with lock.held():
            granted.put(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    with lock.held():
        for ahead, thread in enumerate(threads, start=1):
            thread.start()
            wait_until_queued(lock, ahead + 1)
    for thread in threads:
        thread.join()
    assert [granted.get() for _ in threads] == list(range(8))
    assert lock.queue() == []


def test_processes_exclude_each_other(tmp_path: Path, processes: ForkServerContext) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    adding = [processes.Process(target=count_under_lock, args=(tmp_path / "queue", counter, 25)) for _ in range(4)]
    for process in adding:
        process.start()
    for process in adding:
        process.join()
    assert [process.exitcode for process in adding] == [0] * 4
    assert counter.read_text() == "100"


def test_a_killed_holder_lets_go(tmp_path: Path, processes: ForkServerContext) -> None:
    ready = processes.Event()
    process = processes.Process(target=hold_lock, args=(tmp_path / "queue", ready))
    process.start()
    assert ready.wait(GOES_ON_S)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    with lock_on(tmp_path / "queue").held():
        assert len(lock_on(tmp_path / "queue").queue()) == 1


def test_a_killed_waiter_is_passed_over(tmp_path: Path, processes: ForkServerContext) -> None:
    folder, granted, never = tmp_path / "queue", threading.Event(), processes.Event()
    lock = lock_on(folder)

    def take() -> None:
        with lock_on(folder).held():
            granted.set()

    with lock.held():
        process = processes.Process(target=hold_lock, args=(folder, never))
        process.start()
        wait_until_queued(lock, 2)
        behind = threading.Thread(target=take)
        behind.start()
        wait_until_queued(lock, 3)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        assert not granted.is_set()
    behind.join()
    assert granted.is_set()


def test_waiting_too_long_names_the_holder(tmp_path: Path) -> None:
    failures: list[str] = []

    def take() -> None:
        try:
            with lock_on(tmp_path / "queue", wait_s=0.0).held():
                pass
        except StoreError as error:
            failures.append(str(error))

    with lock_on(tmp_path / "queue").held():
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
    assert f"process {os.getpid()} holds the lock" in failures[0]
    assert lock_on(tmp_path / "queue").queue() == []


def test_a_lock_inside_itself_is_refused_at_once(tmp_path: Path) -> None:
    with lock_on(tmp_path / "queue").held(), pytest.raises(StoreError, match="inside a write"):
        lock_on(tmp_path / "queue").held().__enter__()


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    lock = lock_on(tmp_path / "queue", wait_s=0.0)
    with pytest.raises(ValueError, match="on purpose"), lock.held():
        raise ValueError("on purpose")
    with lock.held():
        assert len(lock.queue()) == 1
