"""People are told things by one place only."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT


def importing(pattern: str) -> set[str]:
    folders = ("tieout", "brokers", "sql", "tasks", "flows", "simulator")
    files = [one for folder in folders for one in (ROOT / folder).rglob("*.py")]
    found = re.compile(rf"^\s*(?:from|import) {pattern}\b", re.MULTILINE)
    return {one.relative_to(ROOT).as_posix() for one in files if found.search(one.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("apprise", {"tasks/channels.py"}),
        (r"tasks\.channels", {"tasks/alerts.py"}),
        (r"tasks import channels", set()),
        ("smtplib", set()),
    ],
)
def test_only_the_one_place_sends(pattern: str, files: set[str]) -> None:
    assert importing(pattern) == files
