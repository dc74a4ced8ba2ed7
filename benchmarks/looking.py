"""How long a person waits for the dashboard: from asking for the page to seeing the last of it, on a year of data.

In a headless browser, with the server as `tieout dashboard` starts it, already running, as it is on a desk. The peer is
Streamlit itself: the same server with a page that says one word.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.desk_year import make
from benchmarks.harness import Result, compared, in_turn
from benchmarks.measuring import Case, Measurement

RUNS = 3
OPENED = 5  # times that each run opens the page
GOAL_S = 2.0
WORD = "tieout-ready"
PAGES = {"": "alpaca-01", "equity": "drawdown now", "breaks": "tieout explain break"}


def results(folder: Path) -> list[Result]:
    """The page against an empty one, and against what was promised in seconds."""
    measured = {
        name: one.seconds for (name, _), one in in_turn([("year_opened", 1), ("word_opened", 1)], folder, RUNS).items()
    }
    year, word = measured["year_opened"], measured["word_opened"]
    return [
        compared("dashboard opens on a year of data", year, "a Streamlit page with one word", word, at_most=3),
        compared("dashboard opens on a year of data, against the promise", year, "2 s", GOAL_S, at_most=1),
    ]


def year_opened(_rows: int, folder: Path) -> Measurement:
    """The slowest of three pages; each is opened in a browser that has nothing kept."""
    where = folder / "year"
    if not (where / "data").exists():
        make(f"sqlite:///{where}/data/journal.sqlite", f"duckdb:///{where}/data/tieout.duckdb")
    from flows.cli.dashboard import command

    with _served(command, where) as url:
        seconds = max(_opened(f"{url}/{path}", words) for path, words in PAGES.items())
    return {"seconds": seconds}


def word_opened(_rows: int, folder: Path) -> Measurement:
    """What Streamlit alone costs."""
    from flows.cli import dashboard

    where = folder / "word"
    where.mkdir(exist_ok=True)
    script = where / "word.py"
    script.write_text(f"import streamlit as st\nst.html('<p>{WORD}</p>')\n")

    def command(host: str, port: int) -> list[str]:
        return [str(script) if word == str(dashboard.APP) else word for word in dashboard.command(host, port)]

    with _served(command, where) as url:
        return {"seconds": _opened(url, WORD)}


@contextmanager
def _served(command: Callable[[str, int], list[str]], where: Path) -> Iterator[str]:
    import httpx

    from flows.cli.dashboard import environment
    from flows.cli.server import free_port

    port = free_port()
    with (where / "log").open("wb") as log:
        words = command("127.0.0.1", port)
        env = environment() | {"TIEOUT_NOW": "2026-03-02T22:30:00Z"}
        server = subprocess.Popen(words, cwd=where, env=env, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            while server.poll() is None:
                try:
                    if httpx.get(f"{url}/_stcore/health", trust_env=False).is_success:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)


def _opened(url: str, words: str) -> float:
    """Seconds until the words can be seen; the median, after one time that warms the server."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser")
    taken = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(OPENED + 1):
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            began = time.perf_counter()
            page.goto(url)
            page.get_by_text(words).first.wait_for(timeout=120_000)
            taken.append(time.perf_counter() - began)
            page.close()
        browser.close()
    return statistics.median(taken[1:])


CASES: tuple[Case, ...] = (year_opened, word_opened)
