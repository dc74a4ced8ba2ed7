"""The venues of one run: the account's own, and those of its routes, opened when they are first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from tasks.accounts import make_broker, prove_trading, sessions_of
from tasks.acts import require_agreed, require_rights_agreed
from tasks.audit import HasCalls, append_calls, keep_calls
from tasks.clock import now
from tasks.orders.desk import Venue
from tieout.acts import needs_live
from tieout.agreement import ActKind
from tieout.errors import BrokerError, ConfigError, PlannedOutage
from tieout.ids import AccountId
from tieout.outages import away_until
from tieout.placement import Place, Policy
from tieout.settings import AccountSettings, Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from brokers.base import Broker, Capabilities
    from brokers.http.calls import Call

# A request of ours may reach the venue as late as our own timeout for it, and the account may have to be proven first;
# once more than both is beyond doubt.
IN_FLIGHT = 3
LONGEST_WAIT_S = 10.0  # for room in a request budget, while orders wait to be looked after


class Venues:
    """Account -> venue. Each is proven to be the configured account in the configured mode before its first use."""

    def __init__(self, settings: Settings, opened: ExitStack) -> None:
        self._settings = settings
        self._opened = opened
        self._venues: dict[AccountId, Venue] = {}

    def __call__(self, account_id: AccountId) -> Venue:
        """The venue of an account, which may be away: then its calls say so, and the orders of others go on.

        raises    ConfigError for an account that is not configured
        """
        if account_id not in self._venues:
            self._venues[account_id] = self._open(account_id)
        return self._venues[account_id]

    def audit(self, journal: Connection) -> None:
        """Write the calls down that were made since the last time."""
        for account_id, venue in self._venues.items():
            append_calls(journal, account_id, venue.broker)

    def keep(self) -> None:
        """As `audit`, at the end."""
        for account_id, venue in self._venues.items():
            keep_calls(self._settings, account_id, venue.broker)

    def _open(self, account_id: AccountId) -> Venue:
        account = self._settings.accounts.get(account_id)
        if account is None:
            raise ConfigError(f"account {account_id!r} is not configured any more, and orders of it are open")
        hurried = replace(account, lanes=account.lanes.hurried(LONGEST_WAIT_S))
        broker = _Proven(partial(make_broker, self._settings, hurried), self._settings, account, self._opened)
        policy = policy_of(broker.capabilities, account.timeout_s)
        return Venue(cast("Broker", broker), sessions_of(account), policy)


class _Proven:
    """A broker that connects, and proves which account it is, when it is first asked or told anything.

    raises    whatever connecting raises, and PlannedOutage at hours at which the venue is known to be away;
              ConfigError for an account that is not what the configuration says
    """

    def __init__(
        self, make: Callable[[], Broker], settings: Settings, account: AccountSettings, opened: ExitStack
    ) -> None:
        self._make = make
        self._settings = settings
        self._account = account
        self._left: tuple[Call, ...] = ()  # by brokers that could not be proven
        self._opened = opened
        self._proven = False
        self._broker = make()
        self.capabilities = self._broker.capabilities

    def __getattr__(self, name: str) -> Any:
        require_not_away(self._account, now())
        if not self._proven:
            self._prove()
        return getattr(self._broker, name)

    def take_calls(self) -> tuple[Call, ...]:
        """The calls that nobody has taken yet; asking for them proves nothing and waits for nobody."""
        left, self._left = self._left, ()
        return left + (self._broker.take_calls() if isinstance(self._broker, HasCalls) else ())

    def _prove(self) -> None:
        try:
            with ExitStack() as opened:
                identity = prove_trading(opened.enter_context(self._broker), self._account)
                if needs_live(self._account):
                    require_agreed(self._settings, self._account, ActKind.LIVE)
                require_rights_agreed(self._settings, self._account, identity)
                if identity.trading_blocked:
                    name = self._account.account.account_id
                    raise ConfigError(f"account {name}: the broker has blocked trading in it")
                self._opened.push(opened.pop_all())
        except BrokerError:
            self._left = self.take_calls()
            self._broker = self._make()  # the one that could not be proven is closed
            raise
        self._proven = True


def require_not_away(account: AccountSettings, moment: datetime) -> None:
    """Leave a venue alone while it is known to be away.

    raises    PlannedOutage until when
    """
    until = away_until(account.outages, moment)
    if until is not None:
        error = PlannedOutage(account.account.broker, f"planned outage until {until:%Y-%m-%d %H:%M} UTC")
        error.until = until
        raise error


@contextmanager
def open_venues(settings: Settings) -> Iterator[Venues]:
    """Venues that are closed again at the end of the block."""
    with ExitStack() as opened:
        venues = Venues(settings, opened)
        opened.callback(venues.keep)
        yield venues


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
