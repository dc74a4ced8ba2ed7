"""A real browser: the system's chromium, headless. Nothing is downloaded for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.flows.conftest import (  # noqa: F401 - fixtures
    artifacts,
    channel,
    face,
    flow_desk,
    opened,
    prefect_api,
    prefect_home,
    world,
)


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    """A page of its own for a module's tests; skipped, saying so, where there is no chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no chromium: on Debian, apt-get install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1500, "height": 1200})
        yield page
        browser.close()


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where screenshots go; pytest keeps the last few runs' folders."""
    return tmp_path
