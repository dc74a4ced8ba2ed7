"""The documentation as a site: built without a warning, loading nothing from outside; its commands run."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.main import get_command

from flows.cli.main import app
from flows.serving import BESIDE, declared, load_flow
from tests.cli import conftest as at_a_desk
from tests.cli.conftest import Desk
from tests.conftest import ROOT
from tieout.breakers import BreakerName
from tieout.recon.types import BreakKind

DOCS = sorted((ROOT / "docs").rglob("*.md"))
_BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```console\n(?P<lines>.*?)^```$", re.MULTILINE | re.DOTALL)
_LOADED = re.compile(r"""(?:<(?:script|img|iframe|source)[^>]*\ssrc|<link[^>]*\shref)=["']?(https?:)?//""")
_REASON = re.compile(r"not run: \S.{5,}")
empty_desk, desk = at_a_desk.empty_desk, at_a_desk.desk  # fixtures


@dataclass(frozen=True)
class Block:
    """Commands of a page.

    mark    `run: fresh`, `not run: REASON`, or empty: run on a desk with one account that has not been closed yet
    """

    page: str
    number: int
    mark: str
    commands: tuple[str, ...]


def blocks() -> Iterator[Block]:
    for file in DOCS:
        for number, found in enumerate(_BLOCK.finditer(file.read_text(encoding="utf-8")), start=1):
            lines = [line[2:] for line in found["lines"].splitlines() if line.startswith("$ ")]
            ours = tuple(line for line in lines if line.startswith("tieout "))
            yield Block(file.relative_to(ROOT).as_posix(), number, found["mark"] or "", ours)


def words(command: str) -> list[str]:
    return shlex.split(command, comments=True)[1:]


ALL = [pytest.param(one, id=f"{one.page}-{one.number}") for one in blocks()]
RUN = [pytest.param(one, id=f"{one.page}-{one.number}") for one in blocks() if not one.mark.startswith("not run")]


@pytest.mark.parametrize("block", ALL)
def test_every_command_takes_the_options_that_a_page_gives_it(block: Block) -> None:
    for command in block.commands:
        found, name, rest = get_command(app), "tieout", words(command)
        while hasattr(found, "resolve_command"):
            context = found.make_context(name, [], resilient_parsing=True)
            name, found, rest = found.resolve_command(context, rest)
        found.make_context(name, list(rest)).close()


@pytest.mark.parametrize("block", ALL)
def test_what_is_not_run_says_why(block: Block) -> None:
    assert block.mark in ("", "run: fresh", "run: desk") or _REASON.fullmatch(block.mark), block.mark


@pytest.mark.parametrize("block", RUN)
def test_commands_of_a_page_run(block: Block, request: pytest.FixtureRequest) -> None:
    at: Desk = request.getfixturevalue("empty_desk" if block.mark == "run: fresh" else "desk")
    for command in block.commands:
        at(*words(command))


def test_the_site_is_built_without_a_warning_and_loads_nothing_from_outside(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > len(DOCS)  # and one for what is not found
    assert [one.name for one in pages if _LOADED.search(one.read_text(encoding="utf-8"))] == []


# What the handbook and the runbooks must hold


def test_every_deployment_has_a_page_with_its_schedule_and_its_inputs() -> None:
    for one in declared(BESIDE):
        page = (ROOT / "docs" / "operations" / f"{one.flow}.md").read_text(encoding="utf-8")
        for schedule in one.schedules:
            assert f"`{schedule['cron']}`" in page, f"{one.name}: {schedule['cron']}"
        for name in inspect.signature(load_flow(one.entrypoint).fn).parameters:
            assert f"| `{name}` |" in page, f"{one.name}: {name}"
        assert "## How it ends" in page


def test_every_kind_of_break_and_every_breaker_has_a_runbook() -> None:
    breaks = (ROOT / "docs" / "runbooks" / "breaks.md").read_text(encoding="utf-8")
    alerts = (ROOT / "docs" / "runbooks" / "alerts.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^## (\w+)$", breaks, re.MULTILINE)) == {one.value for one in BreakKind}
    assert {one.value for one in BreakerName} <= set(re.findall(r"^### (\w+)$", alerts, re.MULTILINE))
