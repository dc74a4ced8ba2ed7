"""The adapters under contract: one entry each. A new broker joins by describing itself here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from brokers.base import Broker
from brokers.credentials import Credential
from brokers.registry import open_broker
from simulator.policy import ALPACA, AT_THE_CLOSE, OptionPolicy
from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.http_face import HttpFace
from simulator.protocols.native import NativeFace
from simulator.venue import SimulatedVenue
from tieout.accounts import Account, Mode
from tieout.ids import AccountId
from tieout.settings import AccountSettings


@dataclass(frozen=True, slots=True)
class Venue:
    """One adapter and the face it is driven against.

    paths     where the wire carries each part, for faults: account, positions, orders, executions, activities, submit
    page      rows on the largest page of its activity lists
    policy    what the venue does with options, and when it shows it
    """

    name: str
    face: Callable[[SimulatedVenue], HttpFace]
    paths: Mapping[str, str]
    page: int
    policy: OptionPolicy = AT_THE_CLOSE

    def broker(
        self,
        endpoint: str,
        clock: Callable[[], datetime],
        credential: Credential,
        *,
        mode: Mode = Mode.PAPER,
        timeout_s: float = 5.0,
    ) -> Broker:
        """The adapter for the account, pointed at `endpoint`."""
        account = Account(AccountId(f"{self.name}-main"), self.name, mode, "USD", "XNYS")
        return open_broker(AccountSettings(account, endpoint=endpoint, timeout_s=timeout_s), credential, clock)


VENUES = (
    Venue(
        "alpaca",
        AlpacaFace,
        {
            "account": "/v2/account",
            "positions": "/v2/positions",
            "orders": "/v2/orders",
            "executions": "/v2/account/activities",
            "activities": "/v2/account/activities",
            "submit": "/v2/orders",
        },
        page=100,
        policy=ALPACA,
    ),
    Venue(
        "paper",
        NativeFace,
        {
            "account": "/v1/account",
            "positions": "/v1/positions",
            "orders": "/v1/orders",
            "executions": "/v1/executions",
            "activities": "/v1/activities",
            "submit": "/v1/orders",
        },
        page=100,
    ),
)
