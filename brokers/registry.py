"""Which adapter speaks for which broker. Adapters are imported when asked for: their SDKs take seconds."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol

from brokers.base import Broker
from brokers.credentials import Credential
from tieout.errors import ConfigError
from tieout.outages import Outage
from tieout.settings import AccountSettings

Clock = Callable[[], datetime]

ADAPTERS = {
    "alpaca": "brokers.alpaca.adapter:AlpacaBroker",
    "ibkr": "brokers.ibkr.adapter:IbkrBroker",
    "paper": "brokers.paper:PaperBroker",
    **dict.fromkeys(
        ("binance", "bybit", "coinbase", "cryptocom", "kraken", "krakenfutures", "kucoin", "okx"),
        "brokers.ccxt.adapter:CcxtBroker",
    ),
}
LOGGED_IN_ELSEWHERE = frozenset({"ibkr"})
"""Brokers that need no credential: a person logs in to the program that the adapter talks to."""


AWAY = {"ibkr": "brokers.ibkr.outages:planned_outages"}
"""Brokers that are away at known hours, beside what the settings say."""


class MakeBroker(Protocol):
    """What every adapter class is called with."""

    def __call__(self, settings: AccountSettings, credential: Any, clock: Clock, /) -> Broker: ...


def open_broker(settings: AccountSettings, credential: Credential | None, clock: Clock) -> Broker:
    """The adapter for an account, not yet connected.

    clock    aware UTC
    raises   ConfigError for an unknown broker, naming the nearest known one, or a missing credential
    """
    account = settings.account
    if account.broker not in ADAPTERS:
        near = difflib.get_close_matches(account.broker, ADAPTERS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(ADAPTERS))}"
        raise ConfigError(f"account {account.account_id}: broker {account.broker!r} is unknown{hint}")
    if credential is None and account.broker not in LOGGED_IN_ELSEWHERE:
        raise ConfigError(f"account {account.account_id}: broker {account.broker!r} needs a credential")
    module, _, name = ADAPTERS[account.broker].partition(":")
    make: MakeBroker = getattr(import_module(module), name)
    return make(settings, credential, clock)


def planned_outages(settings: AccountSettings) -> tuple[Outage, ...]:
    """When an account's venue is known to be away: by the settings, and by what its adapter knows.

    raises    ConfigError for hours in the account's options that cannot be read
    """
    if settings.account.broker not in AWAY:
        return settings.outages
    module, _, name = AWAY[settings.account.broker].partition(":")
    known: tuple[Outage, ...] = getattr(import_module(module), name)(settings.options, settings.account.account_id)
    return (*settings.outages, *known)
