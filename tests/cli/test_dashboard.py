"""tieout dashboard: what it hands to Streamlit keeps to the machine and says nothing to anybody."""

from __future__ import annotations

from typing import Any

import pytest

from flows.cli import dashboard
from tests.cli.conftest import Desk


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have taken the process's place."""
    found: list[list[str]] = []

    def instead(_program: str, words: list[str], _environment: dict[str, str]) -> None:
        found.append(words)

    monkeypatch.setattr("flows.cli.dashboard.os.execve", instead)
    return found


def test_it_listens_on_loopback_without_statistics_and_opens_no_browser(desk: Desk, started: list[Any]) -> None:
    said = desk("dashboard", "--port", "8123").stderr

    (words,) = started
    for flag in (
        "--server.address=127.0.0.1",
        "--server.port=8123",
        "--server.headless=true",
        "--browser.gatherUsageStats=false",
        "--client.showErrorDetails=none",
    ):
        assert flag in words
    assert "http://127.0.0.1:8123" in said
    assert "anybody who reaches" not in said


def test_another_address_is_warned_about(desk: Desk, started: list[Any]) -> None:
    assert "anybody who reaches 0.0.0.0:8501 sees the book" in desk("dashboard", "--host", "0.0.0.0").stderr  # noqa: S104
    assert started


def test_without_streamlit_it_says_what_to_install(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "find_spec", lambda _name: None)

    assert "tieout[dashboard]" in desk("dashboard", expect=1).stderr


def test_wrong_settings_are_told_before_anything_is_served(desk: Desk, started: list[Any]) -> None:
    (desk.folder / "tieout.toml").write_text("colour = 1\n")

    assert "colour" in desk("dashboard", expect=1).stderr
    assert started == []
