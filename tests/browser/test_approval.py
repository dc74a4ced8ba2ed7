"""An approval in the Prefect UI: an order with its numbers is sent only after a person has proven who they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.contract.world import World
from tests.flows import in_session
from tests.flows.conftest import FlowDesk
from tests.flows.in_session import Asking
from tests.flows.test_window import intents
from tests.flows.windows import wish

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
asking, desk, face, world = in_session.asking, in_session.desk, in_session.face, in_session.world  # fixtures
PATIENCE_MS = 30_000


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
    asking: Callable[[], Asking],
    desk: FlowDesk,
    world: World,
    browser_page: Page,
    shots: Path,
) -> None:
    wish(desk, "one")
    running = asking()
    wrong = f"{(int(running.totp.now()) + 1) % 1_000_000:06d}"

    fill_in(browser_page, desk.api, running.question(), "approve", wrong)
    run = running.question()
    assert asked(desk)["wrong_codes"] == 1
    assert world.account.orders() == ()
    fill_in(browser_page, desk.api, run, "approve", running.totp.now())

    assert running.state().name == "Done"
    assert asked(desk) == {"decision": "approved", "approver": "desk", "wrong_codes": 1}
    assert len(world.account.orders()) == 1
    browser_page.screenshot(path=shots / "approved.png", full_page=True)


def test_a_declined_order_is_never_sent(
    asking: Callable[[], Asking],
    desk: FlowDesk,
    world: World,
    browser_page: Page,
) -> None:
    wish(desk, "one")
    running = asking()

    fill_in(browser_page, desk.api, running.question(), "decline", running.totp.now())

    assert running.state().name == "Denied"
    assert asked(desk)["decision"] == "declined"
    assert world.account.orders() == ()
    assert [row["state"] for row in intents(desk)] == ["declined"]
