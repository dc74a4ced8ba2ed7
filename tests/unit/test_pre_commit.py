"""The pre-commit check refuses a file of secrets, by pre-commit's own machinery in a repository of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("name", "refused"),
    [(".env", True), ("desk/.env", True), (".env.local", True), (".env.example", False), ("environment.py", False)],
)
def test_a_dotenv_is_refused(name: str, refused: bool, tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

    run("git", "init", "-q")
    (tmp_path / ".pre-commit-config.yaml").write_text((ROOT / ".pre-commit-config.yaml").read_text())
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("ALPACA_API_KEY=PKTEST\n")
    run("git", "add", "-f", ".")

    done = run(sys.executable, "-m", "pre_commit", "run", "no-dotenv", "--files", name)

    assert (done.returncode != 0) is refused, done.stdout + done.stderr
