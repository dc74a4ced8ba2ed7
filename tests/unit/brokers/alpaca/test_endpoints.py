"""Where an account lives, and what proves its mode."""

from __future__ import annotations

import pytest

from brokers.alpaca.endpoints import Endpoint, endpoint_of, mode_facts, proven_mode
from brokers.credentials import Credential
from tests.alpaca_accounts import settings_for
from tieout.accounts import Mode
from tieout.errors import ConfigError

PAPER_HOST = Endpoint("https://paper-api.alpaca.markets", "https://data.alpaca.markets")
LIVE_HOST = Endpoint("https://api.alpaca.markets", "https://data.alpaca.markets")
LOOPBACK = Endpoint("http://127.0.0.1:8900", "http://127.0.0.1:8900")
PROXY = Endpoint("https://proxy.example", "https://proxy.example")
PK, AK, OTHER = (Credential(f"{prefix}TEST", "test-secret") for prefix in ("PK", "AK", "CK"))


@pytest.mark.parametrize(
    ("configured", "key", "endpoint", "number", "proven"),
    [
        (Mode.PAPER, PK, PAPER_HOST, "PA0000000001", Mode.PAPER),
        (Mode.PAPER, PK, LOOPBACK, "PA0000000001", Mode.PAPER),
        (Mode.PAPER, PK, PROXY, "PA0000000001", Mode.PAPER),
        (Mode.PAPER, OTHER, PAPER_HOST, "PA0000000001", Mode.PAPER),
        (Mode.LIVE, AK, LIVE_HOST, "123456789", Mode.LIVE),
        (Mode.LIVE, AK, LOOPBACK, "123456789", Mode.LIVE),
        # One fact against the configuration is enough
        (Mode.PAPER, AK, PAPER_HOST, "PA0000000001", Mode.LIVE),
        (Mode.PAPER, AK, LOOPBACK, "PA0000000001", Mode.LIVE),
        (Mode.PAPER, PK, LIVE_HOST, "PA0000000001", Mode.LIVE),
        (Mode.PAPER, PK, LOOPBACK, "123456789", Mode.LIVE),
        (Mode.LIVE, PK, LIVE_HOST, "123456789", Mode.PAPER),
        (Mode.LIVE, AK, PAPER_HOST, "123456789", Mode.PAPER),
        (Mode.LIVE, AK, LIVE_HOST, "PA0000000001", Mode.PAPER),
    ],
)
def test_the_configured_mode_stands_only_where_nothing_contradicts_it(
    configured: Mode, key: Credential, endpoint: Endpoint, number: str, proven: Mode
) -> None:
    assert proven_mode(configured, mode_facts(key, endpoint, number)) is proven


def test_live_needs_the_keys_own_word() -> None:
    with pytest.raises(ConfigError, match="live is not proven"):
        proven_mode(Mode.LIVE, mode_facts(OTHER, LIVE_HOST, "123456789"))


def test_a_loopback_endpoint_says_neither() -> None:
    _, endpoint, _ = mode_facts(PK, LOOPBACK, "PA1")

    assert endpoint.mode is None
    assert endpoint.words == "endpoint 127.0.0.1: says neither"


@pytest.mark.parametrize(("mode", "host"), [(Mode.PAPER, "paper-api"), (Mode.LIVE, "api")])
def test_without_an_endpoint_the_mode_chooses_the_venues_own_host(mode: Mode, host: str) -> None:
    endpoint = endpoint_of(settings_for(None, mode))

    assert endpoint == Endpoint(f"https://{host}.alpaca.markets", "https://data.alpaca.markets")
    assert not endpoint.is_loopback


@pytest.mark.parametrize("url", ["http://127.0.0.1:8900/", "http://localhost:8900", "http://[::1]:8900"])
def test_an_endpoint_on_this_machine_serves_data_too(url: str) -> None:
    endpoint = endpoint_of(settings_for(url))

    assert endpoint.is_loopback
    assert endpoint.trading == endpoint.data == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://127.0.0.1", "no base URL"),
        ("127.0.0.1:8900", "no base URL"),
        ("https://", "no base URL"),
        ("https://proxy.example/?key=1", "no base URL"),
        ("https://user:pass@proxy.example", "no user or password"),  # pragma: allowlist secret
        ("http://proxy.example", "unencrypted"),
    ],
)
def test_an_endpoint_that_cannot_be_trusted_is_refused(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        endpoint_of(settings_for(url))
