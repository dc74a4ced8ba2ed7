"""The adapter for an account is found by name, and imported only then."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from brokers.alpaca.adapter import AlpacaBroker
from brokers.registry import open_broker
from tests.alpaca_accounts import NOW, PAPER_KEY, settings_for
from tieout.errors import ConfigError

SETTINGS = settings_for("http://127.0.0.1:9")


def test_an_alpaca_account_gets_the_alpaca_adapter() -> None:
    with open_broker(SETTINGS, PAPER_KEY, lambda: NOW) as broker:
        assert isinstance(broker, AlpacaBroker)
        assert broker.capabilities.broker == "alpaca"


@pytest.mark.parametrize(("name", "hint"), [("alpacca", "did you mean 'alpaca'"), ("nobody", "known are alpaca")])
def test_an_unknown_broker_is_named_with_the_nearest_known_one(name: str, hint: str) -> None:
    settings = replace(SETTINGS, account=replace(SETTINGS.account, broker=name))

    with pytest.raises(ConfigError, match=hint):
        open_broker(settings, PAPER_KEY, lambda: NOW)


def test_an_account_without_a_credential_is_refused() -> None:
    with pytest.raises(ConfigError, match="alpaca-main: broker 'alpaca' needs a credential"):
        open_broker(SETTINGS, None, lambda: NOW)


def test_asking_for_the_registry_imports_no_sdk() -> None:
    code = "import sys, brokers.registry; print(sorted({'alpaca', 'ib_async', 'requests', 'httpx'} & set(sys.modules)))"

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"
