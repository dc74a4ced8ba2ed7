"""From an account's name to what works on it: its calendar and its broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, time
from functools import lru_cache
from typing import TYPE_CHECKING

from tasks.audit import keep_calls
from tasks.clock import now, refuse_rehearsed_time_when_live
from tieout.accounts import Identity, Mode, require_mode
from tieout.errors import ConfigError
from tieout.rights import require_no_withdrawal
from tieout.sessions import Sessions
from tieout.settings import AccountSettings, Settings

if TYPE_CHECKING:
    from brokers.base import Broker
    from brokers.credentials import Credential


@lru_cache(maxsize=32)
def sessions_by_name(
    calendar: str, closures: tuple[date, ...] = (), early: tuple[tuple[date, time], ...] = ()
) -> Sessions:
    """The sessions of a calendar; each is built once in a process."""
    return Sessions(calendar, closures=closures, early=early)


def sessions_of(account: AccountSettings) -> Sessions:
    """The account's exchange calendar.

    raises    ConfigError naming the account, where nobody knows it
    """
    try:
        return sessions_by_name(account.account.calendar, account.closures, account.early_closes)
    except ConfigError as error:
        raise ConfigError(f"account {account.account.account_id}: {error}") from error


@contextmanager
def open_broker(settings: Settings, account: AccountSettings) -> Iterator[Broker]:
    """The account's broker, connected.

    raises    ConfigError for a missing credential or a live account that is not enabled
    """
    with make_broker(settings, account) as broker:
        try:
            yield broker
        finally:
            keep_calls(settings, account.account.account_id, broker)


def make_broker(settings: Settings, account: AccountSettings) -> Broker:
    """The account's broker, not connected, with its credential opened inside, so that no secret is ever a parameter.

    raises    ConfigError for a missing credential or a live account that is not enabled
    """
    from tasks.credentials import open_credential

    return broker_with(settings, account, open_credential(account))


def broker_with(settings: Settings, account: AccountSettings, credential: Credential | None) -> Broker:
    """The account's broker, not connected, with a credential other than the one in use. Raises as `make_broker`."""
    from brokers.registry import open_broker as make

    refuse_rehearsed_time_when_live(settings)
    return make(_sharing_limits(settings, account), credential, now)


def _sharing_limits(settings: Settings, account: AccountSettings) -> AccountSettings:
    """Machines that share a journal share the request budgets beside it; one file serves one machine only."""
    shared = settings.journal_url.startswith("postgresql")
    return replace(account, limits_url=settings.journal_url) if shared else account


def prove_identity(broker: Broker, account: AccountSettings) -> Identity:
    """The account behind the credential, which must have the configured mode.

    raises    ConfigError where mode or currency differ from the configuration
    """
    identity = broker.fetch_identity()
    require_mode(account.account, identity)
    if identity.mode is Mode.LIVE and not account.live_enabled:
        raise ConfigError(
            f"account {account.account.account_id}: live, but not enabled. Set `live_enabled = true` to accept that."
        )
    if identity.currency != account.account.base_currency:
        raise ConfigError(
            f"account {account.account.account_id}: the broker keeps it in {identity.currency}, the configuration "
            f"says base_currency = {account.account.base_currency!r}"
        )
    return identity


def prove_trading(broker: Broker, account: AccountSettings) -> Identity:
    """As `prove_identity`, for a credential that is going to send orders: it must not be able to take money out.

    raises    ConfigError where it can and that was not accepted
    """
    identity = prove_identity(broker, account)
    require_no_withdrawal(account.account, identity, accepted=account.accept_withdrawal)
    return identity
