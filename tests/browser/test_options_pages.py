"""What a person sees of an expiring option: the artifacts in the Prefect UI, and the page with its payoff picture."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from simulator.policy import ALPACA
from tests.contract.world import World, a_world
from tests.flows.conftest import FlowDesk
from tests.simulation.world import LONG_AGO, steps

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
CLOSED = datetime(2026, 3, 2, 21, 5, tzinfo=UTC)
FALLS = datetime(2026, 3, 5, 14, 31, tzinfo=UTC)
THURSDAY = datetime(2026, 3, 5, 16, 0, tzinfo=UTC)
PATIENCE_MS = 60_000
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1500, "height": 1200}


@pytest.fixture
def world() -> World:
    """A short put of the strike 50 that expires on Friday; its share falls to 49.30 on Thursday."""
    made = a_world(ko=steps((LONG_AGO, "60.25"), (FALLS, "49.30")), policy=ALPACA)
    made.clock.advance_to(CLOSED)
    return made


@pytest.fixture
def forecast(opened: FlowDesk, world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """The flow run of Thursday's forecast."""
    from flows.options_expiration import options_expiration

    opened.close()
    world.venue.advance(THURSDAY)
    monkeypatch.setenv("TIEOUT_NOW", THURSDAY.isoformat())
    state = options_expiration(return_state=True)
    assert state.name == "Forecast", state.message
    return str(state.state_details.flow_run_id)


def test_the_run_shows_forecast_calendar_and_what_may_be_done(
    opened: FlowDesk, forecast: str, browser_page: Page, shots: Path
) -> None:
    ui = opened.api.removesuffix("/api")

    browser_page.goto(f"{ui}/runs/flow-run/{forecast}")
    browser_page.get_by_role("tab", name="Artifacts").or_(
        browser_page.get_by_text("Artifacts", exact=True)
    ).first.click()
    for key in ("options-calendar", "options-suggestions", "options-forecast"):
        expect(browser_page.get_by_text(re.compile(key, re.IGNORECASE)).first).to_be_visible(timeout=PATIENCE_MS)
    browser_page.screenshot(path=shots / "run.png", full_page=True)
    browser_page.get_by_text("options-forecast", exact=True).last.click()

    expect(browser_page.get_by_text("likely", exact=True).first).to_be_visible(timeout=PATIENCE_MS)
    browser_page.screenshot(path=shots / "forecast.png", full_page=True)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_draws_the_payoff_and_fits_its_screen_without_the_network(
    opened: FlowDesk, forecast: str, browser_page: Page, shots: Path, size: dict[str, int]
) -> None:
    (report,) = (opened.folder / "data" / "out" / "reports").glob("options-*.html")
    asked: list[str] = []
    browser_page.on("request", lambda request: asked.append(request.url))
    browser_page.set_viewport_size(size)  # type: ignore[arg-type]
    try:
        browser_page.goto(report.as_uri())

        expect(browser_page.get_by_text(re.compile("KO.*260306")).first).to_be_visible(timeout=PATIENCE_MS)
        picture = browser_page.locator("svg").first
        expect(picture).to_be_visible()
        box = picture.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= size["width"], "the picture is cut off"
        wide = browser_page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], f"the page is {wide} wide and has to be scrolled sideways"
        assert asked == [report.as_uri()]
        browser_page.screenshot(path=shots / "page.png", full_page=True)
    finally:
        browser_page.set_viewport_size(DESK)  # type: ignore[arg-type]
