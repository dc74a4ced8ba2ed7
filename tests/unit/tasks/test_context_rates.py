"""What other currencies weigh in risk: by the broker where it says so, else as the owner states it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from brokers.ccxt.venues.binance import Binance
from tasks.trading.context import read_context
from tieout.accounts import Account, Mode
from tieout.ids import AccountId
from tieout.instruments import crypto
from tieout.sessions import Sessions
from tieout.settings import AccountSettings
from tieout.snapshots import Balance, Completeness, Position, Proof, Snapshot

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
D = Decimal


def rates(*balances: Balance, price: Decimal | None, stated: dict[str, Decimal]) -> dict[str, Decimal]:
    account = Account(AccountId("coins"), "binance", Mode.PAPER, "USDT", "24/7")
    held = Position(crypto("BTC", "USDT"), D(1), None, price, None, None)
    proof = Proof(Completeness.COMPLETE, 2, agreed=True)
    snapshot = Snapshot(account.account_id, NOW.date(), NOW, (held,), (Balance("USDT", D(5)), *balances), (), proof)
    broker: Any = SimpleNamespace(fetch_snapshot=lambda day: snapshot, capabilities=Binance.capabilities)
    settings = AccountSettings(account, rates=stated)
    return dict(read_context(broker, settings, NOW.date(), Sessions("24/7"), NOW).rates)


def test_the_broker_says_what_a_currency_is_worth() -> None:
    found = rates(Balance("EUR", D(1), rate=D("1.15")), price=D(60_000), stated={"EUR": D(1), "USD": D("0.99")})

    assert found == {"USDT": 1, "EUR": D("1.15"), "BTC": D(60_000), "USD": D("0.99")}


def test_a_rate_that_cannot_be_reckoned_with_is_none() -> None:
    found = rates(Balance("EUR", D(1), rate=D("1.7976931348623157E+308")), price=D(0), stated={"EUR": D("1.1")})

    assert found == {"USDT": 1, "EUR": D("1.1")}
