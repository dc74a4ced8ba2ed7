"""Fixtures of tests that trade in a window: Monday in the session, by clocks that run at the desk and at its venue."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyotp
import pytest

from tests.contract.world import World, a_world
from tests.flows.conftest import FlowDesk
from tests.flows.windows import RISK, RunningFace, trade

PATIENCE_S = 60


@pytest.fixture
def world() -> World:
    """Monday, in the session."""
    return a_world()


@pytest.fixture
def face(world: World) -> Iterator[RunningFace]:
    with RunningFace(world.venue) as running:
        yield running


@pytest.fixture
def desk(flow_desk: FlowDesk, face: RunningFace, monkeypatch: pytest.MonkeyPatch) -> FlowDesk:
    monkeypatch.setenv("TIEOUT_NOW", face.rehearsed)
    flow_desk.configure(flow_desk.more + RISK)
    return flow_desk.account("alpaca-main", face.base_url, timeout_s=2)


@dataclass(slots=True)
class Asking:
    """A window in which every order waits for a person, under way in a thread."""

    totp: pyotp.TOTP
    _asked: queue.Queue[str] = field(default_factory=queue.Queue)
    _ended: queue.Queue[Any] = field(default_factory=queue.Queue)

    def question(self) -> str:
        """Wait for the next question; the id of the flow run that puts it."""
        return self._asked.get(timeout=PATIENCE_S)

    def state(self) -> Any:
        """Wait for the run's end; its state."""
        return self._ended.get(timeout=PATIENCE_S)


@pytest.fixture
def asking(desk: FlowDesk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Asking]]:
    """Calling it starts the window."""
    from prefect.runtime import flow_run

    from tasks.trading import ask

    made = Asking(pyotp.TOTP(pyotp.random_base32()))
    monkeypatch.setenv("DESK_TOTP", made.totp.secret)
    desk.configure(desk.more + "approve_all = true\n[approvers.desk]\ntotp = 'env:DESK_TOTP'\n")
    shown = ask.evidence

    def noted(asked: Any) -> str:
        made._asked.put(str(flow_run.id))
        return shown(asked)

    monkeypatch.setattr(ask, "evidence", noted)
    threads: list[threading.Thread] = []

    def start() -> Asking:
        context = contextvars.copy_context()
        threads.append(threading.Thread(target=lambda: made._ended.put(context.run(trade, desk)), daemon=True))
        threads[0].start()
        return made

    yield start
    for thread in threads:
        thread.join(timeout=PATIENCE_S)
