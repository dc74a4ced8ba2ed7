"""The dashboard in a real browser: every page, desktop and phone, live while somebody writes, nothing from outside."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from benchmarks.desk_year import make
from flows.cli.dashboard import command, environment
from flows.cli.server import free_port
from sql.journal import Journal
from sql.schema import journal as tables
from tests.databases import FileTemplate

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dashboard")]
PATIENCE_MS = 60_000
PAGES = {
    "": "alpaca-01",
    "positions": "Market value by class",
    "orders": "unknown",
    "breaks": "tieout explain break",
    "options": "put",
    "equity": "drawdown now",
    "health": "does not say",
    "quality": "Failed in the newest snapshot",
}
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of five accounts; somebody tries to smuggle a script into a break."""
    folder = tmp_path_factory.mktemp("desk")
    urls = FileTemplate.urls(folder / "data")
    make(*urls, sessions=22, positions=15)
    journal = Journal.open(urls[0])
    with journal.write() as connection:
        connection.execute(update(tables.break_case).values(explanation=HOSTILE))
    journal.close()
    return folder


@pytest.fixture(scope="module")
def address(desk: Path) -> Iterator[str]:
    """Where it is served, as `tieout dashboard` serves it."""
    port = free_port()
    journal, warehouse = FileTemplate.urls(desk / "data")
    kept = {name: value for name, value in environment().items() if not name.startswith("TIEOUT_")}
    stores = {"TIEOUT_JOURNAL_URL": journal, "TIEOUT_WAREHOUSE_URL": warehouse, "TIEOUT_NOW": "2026-03-02T22:30:00Z"}
    with (desk / "log").open("wb") as log:
        served = subprocess.Popen(command("127.0.0.1", port), cwd=desk, env=kept | stores, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/_stcore/health", served)
            yield url
        finally:
            served.terminate()
            served.wait(timeout=30)


def _wait_for(url: str, served: subprocess.Popen[bytes]) -> None:
    transport = httpx.HTTPTransport(retries=0)
    with httpx.Client(transport=transport, trust_env=False) as client:
        while served.poll() is None:
            try:
                if client.get(url).is_success:
                    return
            except httpx.TransportError:
                os.sched_yield()
    raise AssertionError("the dashboard ended before it answered")


def test_every_page_shows_the_desk_on_a_desktop_and_on_a_phone(browser_page: Page, address: str, shots: Path) -> None:
    asked: list[str] = []
    browser_page.on("request", lambda request: asked.append(request.url))

    for name, width in (("desktop", 1400), ("phone", 390)):
        browser_page.set_viewport_size({"width": width, "height": 900})
        for path, words in PAGES.items():
            browser_page.goto(f"{address}/{path}")
            shown = browser_page.get_by_text(words).or_(browser_page.get_by_alt_text(words)).first
            expect(shown).to_be_visible(timeout=PATIENCE_MS)
            overflow = browser_page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, f"{path} is wider than a {name}"
            browser_page.screenshot(path=shots / f"{name}-{path or 'overview'}.png")

    assert {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))} == {"127.0.0.1"}


def test_what_a_store_holds_is_shown_as_text_and_never_run(browser_page: Page, address: str) -> None:
    said: list[str] = []
    browser_page.on("dialog", lambda dialog: said.append(dialog.message))

    browser_page.goto(f"{address}/breaks")

    expect(browser_page.get_by_text(HOSTILE).first).to_be_visible(timeout=PATIENCE_MS)
    assert said == []


def test_one_account_is_chosen_for_every_page_by_a_link(browser_page: Page, address: str) -> None:
    browser_page.set_viewport_size({"width": 1400, "height": 900})
    browser_page.goto(f"{address}/breaks?account=alpaca-03")

    expect(browser_page.get_by_text("alpaca-03").first).to_be_visible(timeout=PATIENCE_MS)
    expect(browser_page.get_by_text("cash mismatch").first).to_be_visible(timeout=PATIENCE_MS)
    expect(browser_page.locator(".tieout").get_by_text("ibkr-02")).to_have_count(0)


def test_order_flow_changes_on_the_page_while_a_run_writes(browser_page: Page, address: str, desk: Path) -> None:
    browser_page.goto(f"{address}/orders")
    expect(browser_page.get_by_text("of unknown fate").first).to_be_visible(timeout=PATIENCE_MS)

    journal = Journal.open(FileTemplate.urls(desk / "data")[0])
    with journal.write() as connection:
        gone = update(tables.intent).where(tables.intent.c.state == "unknown")
        connection.execute(gone.values(state="cancelled"))
    journal.close()

    expect(browser_page.get_by_text("of unknown fate")).to_have_count(0, timeout=PATIENCE_MS)
