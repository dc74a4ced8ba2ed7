"""An Alpaca account to test with: obviously false keys, a loopback endpoint, a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime

from brokers.alpaca.adapter import AlpacaBroker
from brokers.credentials import Credential
from tieout.accounts import Account, Mode
from tieout.ids import AccountId
from tieout.settings import AccountSettings

NOW = datetime(2026, 10, 9, 20, 5, tzinfo=UTC)
PAPER_KEY = Credential("PKTEST", "test-secret")
LIVE_KEY = Credential("AKTEST", "test-secret")


def settings_for(
    endpoint: str | None, mode: Mode = Mode.PAPER, *, timeout_s: float = 5.0, reads: int = 2, **options: str
) -> AccountSettings:
    """One account's table."""
    account = Account(AccountId("alpaca-main"), "alpaca", mode, "USD", "XNYS")
    return AccountSettings(account, endpoint=endpoint, timeout_s=timeout_s, reads=reads, options=options)


def broker_at(endpoint: str, credential: Credential = PAPER_KEY, *, timeout_s: float = 5.0) -> AlpacaBroker:
    """The adapter, pointed at a face."""
    return AlpacaBroker(settings_for(endpoint, timeout_s=timeout_s), credential, lambda: NOW)
