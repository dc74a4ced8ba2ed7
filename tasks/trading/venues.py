"""The venues of one run: the account's own, and those of its routes, opened when they are first needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from tasks.accounts import open_broker, prove_trading, sessions_of
from tasks.acts import require_agreed
from tasks.audit import append_calls
from tasks.orders.desk import Venue
from tieout.acts import needs_live
from tieout.agreement import ActKind
from tieout.errors import ConfigError
from tieout.ids import AccountId
from tieout.placement import Place, Policy
from tieout.rights import withdrawal_rights
from tieout.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from brokers.base import Capabilities

# A request of ours may reach the venue as late as our own timeout for it; twice that is beyond doubt.
IN_FLIGHT = 2


class Venues:
    """Account -> venue, each proven to be the configured account in the configured mode before it is used."""

    def __init__(self, settings: Settings, opened: ExitStack) -> None:
        self._settings = settings
        self._opened = opened
        self._venues: dict[AccountId, Venue] = {}

    def __call__(self, account_id: AccountId) -> Venue:
        """The venue of an account.

        raises    ConfigError for an account that is not configured, or is not what the configuration says
        """
        if account_id not in self._venues:
            self._venues[account_id] = self._open(account_id)
        return self._venues[account_id]

    def audit(self, journal: Connection) -> None:
        """Write the calls down that were made since the last time."""
        for account_id, venue in self._venues.items():
            append_calls(journal, account_id, venue.broker)

    def _open(self, account_id: AccountId) -> Venue:
        account = self._settings.accounts.get(account_id)
        if account is None:
            raise ConfigError(f"account {account_id!r} is not configured any more, and orders of it are open")
        broker = self._opened.enter_context(open_broker(self._settings, account))
        identity = prove_trading(broker, account)
        if needs_live(account):
            require_agreed(self._settings, account, ActKind.LIVE)
        if withdrawal_rights(identity):
            require_agreed(self._settings, account, ActKind.WITHDRAWAL_KEY)
        if identity.trading_blocked:
            raise ConfigError(f"account {account_id}: the broker has blocked trading in it")
        return Venue(broker, sessions_of(account), policy_of(broker.capabilities, account.timeout_s))


@contextmanager
def open_venues(settings: Settings) -> Iterator[Venues]:
    """Venues that are closed again at the end of the block."""
    with ExitStack() as opened:
        yield Venues(settings, opened)


def policy_of(capabilities: Capabilities, timeout_s: float) -> Policy:
    """How patient to be with a venue, from what it can do.

    An order that was proven absent goes there again only where the venue refuses an id that it has seen.
    """
    places = tuple(place for place in Place if place is not Place.ORDER or capabilities.lookup_by_client_order_id)
    visible = timedelta(seconds=float(capabilities.visibility_delay_s))
    return Policy(
        visibility=max(visible, timedelta(seconds=timeout_s * IN_FLIGHT)),
        places=places,
        resend_absent=1 if capabilities.enforces_unique_client_order_id else 0,
    )
