"""A folder to run commands in: settings, empty stores, a clock that stands still, nothing of the real environment."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from flows.cli.main import app
from simulator.protocols.alpaca import AlpacaFace
from tests.contract.world import MONDAY_CLOSE
from tests.databases import FileTemplate
from tests.flows import conftest as after_the_close

ACCOUNT = """
[accounts.alpaca-main]
broker = "alpaca"
mode = "paper"
calendar = "XNYS"
base_currency = "USD"
credential = "env:ALPACA"
endpoint = "{endpoint}"
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """A working folder with stores in it, and a way to type commands there."""

    folder: Path

    def __call__(self, *words: str, expect: int = 0) -> Result:
        """Run a command; its exit code must be the expected one."""
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == expect, f"{result.stdout}\n{result.stderr}\n{result.exception!r}"
        return result

    def json(self, *words: str, expect: int = 0) -> Any:
        """What the command prints as JSON."""
        return json.loads(self(*words, "--json", expect=expect).stdout)

    def configure(self, endpoint: str = "http://127.0.0.1:9", more: str = "") -> None:
        """Write tieout.toml with one Alpaca account."""
        (self.folder / "tieout.toml").write_text(ACCOUNT.format(endpoint=endpoint) + more)


@pytest.fixture
def empty_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A folder with nothing in it."""
    for name in [name for name in os.environ if name.startswith(("TIEOUT_", "ALPACA_", "APCA_", "DRY_RUN", "LOG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TIEOUT_NOW", MONDAY_CLOSE.isoformat())
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)


@pytest.fixture
def desk(empty_desk: Desk, file_template: FileTemplate, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A folder with one configured account and empty stores."""
    file_template.copy_to(empty_desk.folder / "data").close()
    monkeypatch.setenv("ALPACA_API_KEY", "PKTEST")
    monkeypatch.setenv("ALPACA_API_SECRET", "test-secret-of-the-first")
    empty_desk.configure()
    return empty_desk


world, face = after_the_close.world, after_the_close.face  # fixtures


@pytest.fixture
def connected(desk: Desk, face: AlpacaFace) -> Callable[..., Desk]:
    """The desk with its account pointed at a simulated Alpaca."""

    def connect(more: str = "") -> Desk:
        desk.configure(face.base_url, more)
        return desk

    return connect
