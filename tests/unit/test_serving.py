"""Serving: what a process does beside waiting for runs."""

from __future__ import annotations

from threading import Event
from typing import Any

import prefect
import pytest
from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

from flows import serving
from tasks.server_runs import NAMES

SERVER = "http://127.0.0.1:1/api"


def test_the_sweep_knows_every_flow_that_is_declared() -> None:
    declared = {one.flow for one in serving.declared(serving.BESIDE)}
    assert set(NAMES) == declared - {"rehearsal"}


def test_the_first_plan_goes_to_the_server_that_serves_and_to_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    planned, asked = Event(), []

    def plan() -> None:
        asked.append(get_current_settings().api.url)
        planned.set()

    def serve(*_: Any, **__: Any) -> None:
        assert planned.wait(30)

    monkeypatch.setattr(serving, "_begin_at_once", plan)
    monkeypatch.setattr(serving, "declared", lambda: ())
    monkeypatch.setattr(prefect, "serve", serve)

    with temporary_settings({PREFECT_API_URL: SERVER}):
        serving.serve_all()

    assert asked == [SERVER]
