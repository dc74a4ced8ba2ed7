"""A gate is one process's and one thread's at a time, also for a child that was made by a fork."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from brokers.http.gate import FileGate


def test_it_is_given_back_and_taken_again(tmp_path: Path) -> None:
    gate = FileGate(tmp_path / "gate")
    for _ in range(3):
        with gate.held(0):
            pass
    gate.close()
    with gate.held(0):  # opened anew
        pass


def test_who_waits_longer_than_it_may_is_told(tmp_path: Path) -> None:
    gate, another = FileGate(tmp_path / "gate"), FileGate(tmp_path / "gate")
    with gate.held(0), pytest.raises(TimeoutError, match="busy"), another.held(0.01):
        pytest.fail("both have it")


def test_a_second_thread_waits_for_the_first(tmp_path: Path) -> None:
    gate, inside = FileGate(tmp_path / "gate"), threading.Event()
    seen: list[str] = []

    def second() -> None:
        inside.set()
        with gate.held(5):
            seen.append("second")

    with gate.held(0):
        thread = threading.Thread(target=second)
        thread.start()
        inside.wait()
        seen.append("first")
    thread.join()

    assert seen == ["first", "second"]


def test_an_error_inside_gives_it_back(tmp_path: Path) -> None:
    gate = FileGate(tmp_path / "gate")
    with pytest.raises(ValueError, match="inside"), gate.held(0):
        raise ValueError("inside")
    with gate.held(0):
        pass


def test_a_child_made_by_a_fork_does_not_have_its_parents_lock(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    gate, said = FileGate(tmp_path / "gate"), context.SimpleQueue()
    for held in (True, False):
        with gate.held(0) if held else nullcontext():
            child = context.Process(target=_tried, args=(gate, said.put))
            child.start()
            child.join(20)

    assert [said.get(), said.get()] == ["busy", "taken"]


def _tried(gate: FileGate, say: Callable[[str], object]) -> None:
    try:
        with gate.held(0):
            say("taken")
    except TimeoutError:
        say("busy")
