"""Changes of a broker as events of a real Prefect server, where automations find them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tasks.watching.events import drain, emit_change, emit_unconfirmed

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
PATIENCE_S = 30


@pytest.fixture
def server(prefect_api: str) -> Any:
    from flows.cli.server import pointing_to

    with pointing_to(prefect_api):
        yield prefect_api


def test_a_change_is_an_event_of_its_account(server: str) -> None:
    payload = {"account": "desk-of-events", "was": "up", "state": "down", "reason": "no answer"}
    assert emit_change("desk-of-events", "down", payload)
    assert emit_unconfirmed("desk-of-events", {"session": "2026-03-02"})
    drain()

    found = {one["event"]: one for one in events(server)}
    assert set(found) == {"tieout.broker.down", "tieout.close.unconfirmed"}
    assert found["tieout.broker.down"]["payload"] == payload
    assert found["tieout.broker.down"]["resource"]["prefect.resource.id"] == "tieout.account.desk-of-events"


def test_without_a_server_that_is_named_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings(set_defaults={PREFECT_API_URL: None}, restore_defaults={PREFECT_API_URL}):
        assert not emit_change("desk", "down", {})
        drain()


def events(api: str) -> list[dict[str, Any]]:
    """Those of the account above, once the server has written them down."""
    import httpx

    wanted = {"filter": {"resource": {"id": ["tieout.account.desk-of-events"]}}}
    until, found = time.monotonic() + PATIENCE_S, []
    while len(found) < 2 and time.monotonic() < until:
        found = httpx.post(f"{api}/events/filter", json=wanted).json()["events"]
    return found
