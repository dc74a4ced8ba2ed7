"""What a flow run of its own does to a venue with a limit. A module apart: it is imported by each process."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from brokers.alpaca.adapter import AlpacaBroker
from brokers.credentials import Credential
from tests.contract.world import MONDAY, TERMS
from tieout.accounts import Account, Mode
from tieout.errors import RateLimited
from tieout.ids import AccountId, client_order_id
from tieout.lanes import Lanes
from tieout.settings import AccountSettings

WAIT_S = 120
CREDENTIAL = Credential(TERMS.key_id, TERMS.secret)
LANES = Lanes(Decimal("0.75"), Decimal("0.5"), orders_wait_s=20, reconciliation_wait_s=20, data_wait_s=20)


@dataclass(frozen=True, slots=True)
class Shared:
    """Where the budget of the key stands: the adapter's options, and the journal's URL where it is PostgreSQL."""

    options: dict[str, str]
    url: str | None = None


@dataclass
class Ticking:
    """A clock that goes like any other, from the first second of a minute."""

    begun: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        return MONDAY + timedelta(seconds=time.monotonic() - self.begun)

    def restart(self) -> None:
        self.begun = time.monotonic()


def a_run(endpoint: str, shared: Shared, per_minute: int, clock: Ticking) -> AlpacaBroker:
    """The adapter as one flow run opens it."""
    account = Account(AccountId("alpaca-main"), "alpaca", Mode.PAPER, "USD", "XNYS")
    settings = AccountSettings(account, endpoint=endpoint, lanes=LANES, limits_url=shared.url)
    options = shared.options | {"requests_per_minute": str(per_minute)}
    return AlpacaBroker(replace(settings, options=options), CREDENTIAL, clock)


def look_up_in_process(
    endpoint: str, shared: Shared, per_minute: int, tries: int, pipe: Connection, ready: Barrier
) -> None:
    """Tell how many look-ups were let through, of those that all processes try at the same time."""
    answered, clock = 0, Ticking()
    with a_run(endpoint, shared, per_minute, clock) as broker:
        ready.wait(WAIT_S)
        clock.restart()
        for number in range(tries):
            try:
                broker.fetch_order(client_order_id(f"unknown {number}"))
                answered += 1
            except RateLimited:
                break
    pipe.send(answered)
