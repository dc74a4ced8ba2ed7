"""Finding tieout.toml and .env, and reading them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tasks.settings import environment, load_settings
from tieout.errors import ConfigError


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("TIEOUT_", "ALPACA_", "APCA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_without_any_file_the_defaults_hold() -> None:
    assert load_settings().accounts == {}


def test_the_file_of_the_working_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "tieout.toml").write_text('[accounts.a]\nbroker = "paper"\n')

    assert list(load_settings().accounts) == ["a"]


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "tieout.toml").write_bytes(b'\xef\xbb\xbfoutput_dir = "o"\n')

    assert load_settings().output_dir == "o"


def test_decimals_of_the_file_are_exact(tmp_path: Path) -> None:
    (tmp_path / "tieout.toml").write_text("[tolerances]\ncash = 0.1000000000000000055511151231257827\n")

    assert str(load_settings().tolerances.cash) == "0.1000000000000000055511151231257827"


def test_the_environment_may_name_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "book.toml").write_text('[accounts.b]\nbroker = "paper"\n')
    (tmp_path / "desk" / ".env").write_text("DRY_RUN=true\n")
    monkeypatch.setenv("TIEOUT_CONFIG", str(tmp_path / "desk" / "book.toml"))

    settings = load_settings()

    assert list(settings.accounts) == ["b"]
    assert settings.environment == {"DRY_RUN": "true"}


def test_a_named_file_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_CONFIG", "nowhere.toml")

    with pytest.raises(ConfigError, match=r"nowhere\.toml: no such file; `tieout init` writes one"):
        load_settings()


@pytest.mark.parametrize(
    ("content", "said"), [(b"a = \n", "not valid TOML"), (b'a = "\xe9"\n', "not UTF-8 at byte 5; save it as UTF-8")]
)
def test_an_unreadable_file_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "tieout.toml").write_bytes(content)

    with pytest.raises(ConfigError, match=said):
        load_settings()


def test_a_folder_in_place_of_the_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "tieout.toml").mkdir()

    assert load_settings().accounts == {}


def test_dotenv_is_read_and_the_process_environment_stays_as_it_was(tmp_path: Path) -> None:
    secret = "pa$${x}ss"  # pragma: allowlist secret
    (tmp_path / ".env").write_text(f"ALPACA_API_KEY=PKTEST\nALPACA_API_SECRET='{secret}'\n")
    before = dict(os.environ)

    found = environment()

    assert (found["ALPACA_API_KEY"], found["ALPACA_API_SECRET"]) == ("PKTEST", secret)
    assert dict(os.environ) == before
    assert list(load_settings().accounts) == ["alpaca-main"]


def test_the_environment_goes_before_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("LOG_LEVEL=debug\n")
    monkeypatch.setenv("LOG_LEVEL", "error")

    assert load_settings().environment["LOG_LEVEL"] == "error"


def test_a_dotenv_in_another_encoding_is_refused_without_its_content(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"ALPACA_API_SECRET=test-secret\xe9\n")

    with pytest.raises(ConfigError, match="not UTF-8 at byte") as error:
        environment()
    assert "test-secret" not in str(error.value)
    assert error.value.__cause__ is None
