"""Opening the credential that an account refers to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tasks.credentials import open_credential, open_reference
from tieout.accounts import Account, Mode
from tieout.errors import ConfigError
from tieout.ids import AccountId
from tieout.settings import AccountSettings

ACCOUNT = Account(AccountId("desk"), "alpaca", Mode.PAPER, "USD", "XNYS")


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("TIEOUT_", "ALPACA_", "APCA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def account(reference: str | None) -> AccountSettings:
    return AccountSettings(ACCOUNT, credential=reference)


@pytest.mark.parametrize("key", ["ALPACA_API_KEY", "APCA_API_KEY_ID"])
@pytest.mark.parametrize("secret", ["ALPACA_API_SECRET", "ALPACA_SECRET_KEY", "APCA_API_SECRET_KEY"])
def test_alpaca_opens_by_any_of_its_names(monkeypatch: pytest.MonkeyPatch, key: str, secret: str) -> None:
    monkeypatch.setenv(key, "PKTEST")
    monkeypatch.setenv(secret, "test-secret")

    credential = open_credential(account("env:ALPACA"))

    assert credential is not None
    assert (credential.key_id, credential.secret) == ("PKTEST", "test-secret")
    assert "test-secret" not in repr(credential)


def test_any_other_prefix_opens_by_the_usual_pattern(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DESK_API_KEY=PKTEST\nDESK_API_SECRET=test-secret\n")
    (tmp_path / ".env").chmod(0o600)

    credential = open_credential(account("env:DESK"))

    assert credential is not None
    assert credential.key_id == "PKTEST"


def test_no_reference_means_no_credential() -> None:
    assert open_credential(account(None)) is None


def test_what_is_missing_is_listed_by_name() -> None:
    with pytest.raises(ConfigError) as error:
        open_credential(account("env:ALPACA"))
    assert "account desk: no key found; set ALPACA_API_KEY or APCA_API_KEY_ID" in str(error.value)


def test_a_key_alone_is_half_a_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPACA_API_KEY", "PKTEST")

    with pytest.raises(ConfigError, match="no secret found; set ALPACA_API_SECRET or ALPACA_SECRET_KEY") as error:
        open_credential(account("env:ALPACA"))
    assert "PKTEST" not in str(error.value)


def test_two_names_with_different_values_are_not_chosen_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPACA_API_KEY", "PKTEST")
    monkeypatch.setenv("APCA_API_KEY_ID", "PKOTHER")

    with pytest.raises(ConfigError, match="ALPACA_API_KEY and APCA_API_KEY_ID hold different values") as error:
        open_credential(account("env:ALPACA"))
    assert "PKOTHER" not in str(error.value)


def test_two_names_with_one_value_are_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ALPACA_API_KEY", "APCA_API_KEY_ID"):
        monkeypatch.setenv(name, "PKTEST")
    monkeypatch.setenv("ALPACA_API_SECRET", "test-secret")

    assert open_credential(account("env:ALPACA")) is not None


def test_other_schemes_say_which_ones_open() -> None:
    with pytest.raises(
        ConfigError, match="credentials kept in vault: cannot be opened; known are env:, file:, keyring:"
    ):
        open_credential(account("vault:alpaca"))


def test_a_dotenv_that_others_can_read_gives_no_secret(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DESK_API_KEY=PKTEST\nDESK_API_SECRET=test-secret\n")
    (tmp_path / ".env").chmod(0o644)

    with pytest.raises(ConfigError, match=r"\.env: mode 644 lets others read or change it: chmod 600"):
        open_credential(account("env:DESK"))


def test_a_single_secret_opens_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_ALERT_URL", "json://localhost")

    assert open_reference("env:TIEOUT_ALERT_URL", "alerts") == "json://localhost"


def test_a_single_secret_that_is_missing_is_named() -> None:
    with pytest.raises(ConfigError, match="alerts: no value found; set TIEOUT_ALERT_URL"):
        open_reference("env:TIEOUT_ALERT_URL", "alerts")
