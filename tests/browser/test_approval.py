"""An approval in the Prefect UI: an order with its numbers is sent only after a person has proven who they are."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.contract.world import World
from tests.flows.conftest import FlowDesk
from tests.flows.test_window import desk, face, intents, trade, wish, world  # noqa: F401 - fixtures

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
TOTP = pyotp.random_base32()
PATIENCE_MS = 30_000


@pytest.fixture
def running(desk: FlowDesk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:  # noqa: F811
    """A window in which every order waits for a person, under way in a thread; calling it waits for the run's end."""
    monkeypatch.setenv("DESK_TOTP", TOTP)
    desk.configure(desk.more + "[risk]\napprove_all = true\n[approvers.desk]\ntotp = 'env:DESK_TOTP'\n")
    wish(desk, "one")
    ended: list[Any] = []
    context = contextvars.copy_context()
    thread = threading.Thread(target=lambda: ended.append(context.run(trade, desk)), daemon=True)
    thread.start()

    def end() -> Any:
        thread.join(timeout=60)
        return ended[0]

    yield end
    thread.join(timeout=60)


def paused_run(api: str) -> str:
    """The id of the run that waits."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
    from prefect.client.schemas.objects import StateType

    wanted = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED])))
    deadline = time.monotonic() + 60
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            if found := client.read_flow_runs(flow_run_filter=wanted):
                return str(found[0].id)
            time.sleep(0.2)
    raise AssertionError("no run is paused")


def fill_in(page: Page, api: str, run: str, decision: str, code: str) -> None:
    """Open the paused run, fill in its form as a person does, and send it off."""
    page.goto(f"{api.removesuffix('/api')}/runs/flow-run/{run}")
    page.get_by_role("button", name="Resume").first.click(timeout=PATIENCE_MS)
    form = page.locator(".p-modal")
    expect(form.get_by_text("buy 3 KO market, day")).to_be_visible(timeout=PATIENCE_MS)
    expect(form.get_by_text("every order of this account waits for approval")).to_be_visible(timeout=PATIENCE_MS)
    boxes = form.locator("textarea")
    for number, text in {0: decision, 2: "desk", 3: code, 4: "looked at"}.items():
        boxes.nth(number).fill(text)
    form.get_by_role("button", name="Submit").click()
    expect(form).to_be_hidden(timeout=PATIENCE_MS)


def asked(stores_of: FlowDesk) -> dict[str, Any]:
    (row,) = stores_of.journal_rows("SELECT decision, approver, wrong_codes FROM approval")
    return row


def test_an_order_is_sent_only_after_a_person_has_proven_and_agreed(
    running: Callable[[], Any],
    desk: FlowDesk,  # noqa: F811
    world: World,  # noqa: F811
    browser_page: Page,
    shots: Path,
) -> None:
    right = pyotp.TOTP(TOTP)
    wrong = f"{(int(right.now()) + 1) % 1_000_000:06d}"

    fill_in(browser_page, desk.api, paused_run(desk.api), "approve", wrong)
    wait_for(lambda: asked(desk)["wrong_codes"] == 1)
    assert world.account.orders() == ()
    fill_in(browser_page, desk.api, paused_run(desk.api), "approve", right.now())

    assert running().name == "Done"
    assert asked(desk) == {"decision": "approved", "approver": "desk", "wrong_codes": 1}
    assert len(world.account.orders()) == 1
    browser_page.screenshot(path=shots / "approved.png", full_page=True)


def test_a_declined_order_is_never_sent(
    running: Callable[[], Any],
    desk: FlowDesk,  # noqa: F811
    world: World,  # noqa: F811
    browser_page: Page,
) -> None:
    fill_in(browser_page, desk.api, paused_run(desk.api), "decline", pyotp.TOTP(TOTP).now())

    assert running().name == "Denied"
    assert asked(desk)["decision"] == "declined"
    assert world.account.orders() == ()
    assert [row["state"] for row in intents(desk)] == ["declined"]


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.2)
