"""init, accounts, version, and what happens when somebody types nonsense."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flows import serving
from tasks.settings import load_settings
from tests.cli.conftest import Desk


def test_init_writes_settings_and_creates_the_stores(empty_desk: Desk) -> None:
    said = empty_desk("init").stdout

    assert "tieout.toml" in said
    assert (empty_desk.folder / ".env.example").is_file()
    assert (empty_desk.folder / "data" / "journal.sqlite").is_file()
    assert (empty_desk.folder / "data" / "tieout.duckdb").is_file()


def test_init_makes_the_folder_it_is_given(empty_desk: Desk) -> None:
    empty_desk("init", "new/desk")

    assert (empty_desk.folder / "new" / "desk" / "data" / "journal.sqlite").is_file()
    assert not (empty_desk.folder / "data").exists()


def test_what_init_writes_says_nothing_that_is_not_the_default(empty_desk: Desk) -> None:
    before = load_settings()
    empty_desk("init")

    assert load_settings() == before


def test_every_example_in_the_written_settings_is_valid(empty_desk: Desk) -> None:
    empty_desk("init")
    file = empty_desk.folder / "tieout.toml"
    lines = [line.removeprefix("# ") for line in file.read_text().splitlines()]
    told = [line for line in lines if line.startswith("[") or " = " in line]
    file.write_text("\n".join(told).replace("user@host/database", "host/database"))

    settings = load_settings()

    assert list(settings.accounts) == ["alpaca-main"]
    assert settings.alerts.critical == ("env:TIEOUT_ALERT_URL",)


def test_init_never_overwrites(empty_desk: Desk) -> None:
    (empty_desk.folder / "tieout.toml").write_text("# mine")

    result = empty_desk("init", expect=1)

    assert "already there: nothing was written" in result.stderr
    assert (empty_desk.folder / "tieout.toml").read_text() == "# mine"
    assert not (empty_desk.folder / ".env.example").exists()


def test_init_says_where_it_cannot_write(empty_desk: Desk) -> None:
    (empty_desk.folder / "file").write_text("")

    assert "cannot be written" in empty_desk("init", "file/below", expect=1).stderr


def test_accounts_lists_what_is_configured(desk: Desk) -> None:
    (account,) = desk.json("accounts")

    assert (account["account"], account["broker"], account["mode"]) == ("alpaca-main", "alpaca", "paper")
    assert account["credential"] == "env:ALPACA"
    assert "alpaca-main" in desk("accounts").stdout


def test_without_accounts_the_next_step_is_told(empty_desk: Desk) -> None:
    assert "`tieout init` writes an example" in empty_desk("accounts").stderr


def test_version_names_what_is_installed(empty_desk: Desk) -> None:
    assert empty_desk("version").stdout.startswith("tieout ")
    assert {"tieout", "python", "prefect", "duckdb"} <= set(empty_desk.json("version"))


def test_no_command_shows_the_help_and_is_wrong_usage(empty_desk: Desk) -> None:
    assert "Exit codes" in empty_desk(expect=2).output


@pytest.mark.parametrize(
    "words",
    [
        ("brakes",),
        ("breaks", "--acount", "x"),
        ("breaks", "--as-of", "yesterday"),
        ("breaks", "--as-of", "2026-03-02T21:00:00"),
        ("run",),
        ("run", "eod-reconcilation"),
        ("run", "eod-reconciliation", "--date", "02.03.2026"),
        ("import", "positions", "x.csv"),
        ("explain", "break"),
    ],
)
def test_wrong_usage_ends_with_code_2(desk: Desk, words: tuple[str, ...]) -> None:
    desk(*words, expect=2)


def test_the_nearest_flow_is_named(desk: Desk) -> None:
    assert "did you mean eod-reconciliation" in desk("run", "eod-reconcilation", expect=2).stderr


def test_an_error_of_ours_is_one_line_on_stderr(desk: Desk) -> None:
    (desk.folder / "tieout.toml").write_text("jurnal = 1\n")

    result = desk("accounts", expect=1)

    assert result.stderr == ("tieout: tieout.toml: 'jurnal' is not known; did you mean 'journal_url'?\n")
    assert result.stdout == ""


def test_an_unknown_account_is_told_before_anything_starts(desk: Desk) -> None:
    for words in (("run", "eod-reconciliation"), ("breaks",)):
        assert "did you mean alpaca-main?" in desk(*words, "--account", "alpaca-man", expect=1).stderr


def test_serving_needs_the_file_that_declares_the_flows(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "BESIDE", desk.folder / "elsewhere" / "prefect.yaml")

    said = desk("serve", expect=1).stderr

    assert "prefect.yaml does not exist" in said


def test_the_command_line_starts_without_heavy_packages(tmp_path: Path) -> None:
    heavy = "prefect", "pandas", "sqlalchemy", "duckdb", "great_expectations", "alpaca", "exchange_calendars", "pyarrow"
    code = f"import sys, flows.cli.main; print([name for name in {heavy!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
