"""What a person sees: the run's page in the Prefect UI, the report, the Data Docs."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from simulator.protocols.alpaca import AlpacaFace
from tests.contract.world import World, an_order
from tests.flows.conftest import FlowDesk

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
DAY = date(2026, 3, 2)
PATIENCE_MS = 60_000  # a busy machine renders late; nothing waits where the page is there


@pytest.fixture
def missed_fill(opened: FlowDesk, world: World, face: AlpacaFace) -> FlowDesk:
    """Somebody traded by hand; the book does not know."""
    account = world.account
    account.books.move(an_order().instrument, an_order().quantity, an_order().quantity)
    return opened


def test_the_run_page_tells_the_outcome_and_its_artifacts_show_the_break(
    missed_fill: FlowDesk, browser_page: Page, shots: Path
) -> None:
    missed_fill.configure('public_url = "http://127.0.0.1:9"\n' + missed_fill.more)
    state = missed_fill.close(date=DAY)
    ui = missed_fill.api.removesuffix("/api")

    browser_page.goto(f"{ui}/runs/flow-run/{state.state_details.flow_run_id}")

    expect(browser_page.get_by_text("eod-reconciliation all accounts 2026-03-02").first).to_be_visible(
        timeout=PATIENCE_MS
    )
    expect(browser_page.get_by_text(str(state.name)).first).to_be_visible(timeout=PATIENCE_MS)
    browser_page.get_by_role("tab", name="Artifacts").or_(
        browser_page.get_by_text("Artifacts", exact=True)
    ).first.click()
    for key in ("close-summary", "close-accounts", "close-breaks", "close-coverage", "close-quality"):
        expect(browser_page.get_by_text(re.compile(key, re.IGNORECASE)).first).to_be_visible(timeout=PATIENCE_MS)
    browser_page.screenshot(path=shots / "run.png", full_page=True)
    browser_page.get_by_text("close-breaks", exact=True).last.click()
    link = browser_page.locator("a[href*='/reports/']").first
    expect(link).to_be_visible(timeout=PATIENCE_MS)
    assert "#alpaca-main-BRK-" in str(link.get_attribute("href"))
    browser_page.screenshot(path=shots / "breaks.png", full_page=True)


def test_the_report_shows_each_break_with_its_evidence_and_needs_no_network(
    missed_fill: FlowDesk, browser_page: Page, shots: Path
) -> None:
    missed_fill.close(date=DAY)
    (report,) = (missed_fill.folder / "data" / "out" / "reports").glob("*.html")
    asked: list[str] = []
    browser_page.on("request", lambda request: asked.append(request.url))

    browser_page.goto(report.as_uri())

    expect(browser_page.get_by_text("KO").first).to_be_visible(timeout=PATIENCE_MS)
    expect(browser_page.get_by_text("alpaca-main").first).to_be_visible(timeout=PATIENCE_MS)
    assert browser_page.locator("svg").count() > 0
    assert asked == [report.as_uri()]
    browser_page.screenshot(path=shots / "report.png", full_page=True)


def test_the_data_docs_show_the_checks_and_need_no_network(opened: FlowDesk, browser_page: Page, shots: Path) -> None:
    opened.close(date=DAY)
    index = opened.folder / "data" / "out" / "data-docs" / "index.html"
    asked: list[str] = []
    browser_page.on("request", lambda request: asked.append(request.url))

    browser_page.goto(index.as_uri())

    expect(browser_page.get_by_text("alpaca-main").first).to_be_visible(timeout=PATIENCE_MS)
    assert [url for url in asked if not url.startswith("file:")] == []
    browser_page.screenshot(path=shots / "docs.png", full_page=True)
