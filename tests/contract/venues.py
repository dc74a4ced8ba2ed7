"""The adapters under contract: one entry each. A new broker joins by describing itself here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from brokers.base import Broker
from brokers.credentials import Credential
from brokers.registry import open_broker
from simulator.policy import ALPACA, AT_THE_CLOSE, OptionPolicy
from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import Faults
from simulator.protocols.http_face import LoggedRequest
from simulator.protocols.native import NativeFace
from simulator.venue import SimulatedVenue
from tests.contract.ib_faces import QUERY, TOKEN, IbFaces, both
from tieout.accounts import Account, Mode
from tieout.ids import AccountId
from tieout.settings import AccountSettings


class Face(Protocol):
    """A server that speaks one venue's protocol."""

    faults: Faults

    @property
    def base_url(self) -> str: ...

    @property
    def log(self) -> tuple[LoggedRequest, ...]: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Venue:
    """One adapter and the face it is driven against.

    paths     where the wire carries each part, for faults: account, positions, orders, executions, activities, submit
    page      rows on the largest page of its activity lists; None where lists come whole
    policy    what the venue does with options, and when it shows it
    accounts  key id -> the account's number, where no key goes over the wire and the account is named instead
    lacks     capabilities that this venue does not have
    """

    name: str
    face: Callable[[SimulatedVenue], Face]
    paths: Mapping[str, str]
    page: int | None
    policy: OptionPolicy = AT_THE_CLOSE
    accounts: Mapping[str, str] | None = None
    lacks: frozenset[str] = frozenset()

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
        if self.accounts is None:
            return open_broker(AccountSettings(account, endpoint=endpoint, timeout_s=timeout_s), credential, clock)
        socket, flex = both(endpoint)
        options = {"account": self.accounts[credential.key_id]} | ({"flex_endpoint": flex} if flex else {})
        settings = AccountSettings(account, endpoint=socket, timeout_s=timeout_s, options=options)
        return open_broker(settings, Credential(QUERY, TOKEN), clock)


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
    Venue(
        "ibkr",
        IbFaces,
        {
            "account": "/account",
            "positions": "/positions",
            "orders": "/orders",
            "executions": "/executions",
            "activities": "/flex",
            "submit": "/orders",
        },
        page=None,
        accounts={"PKTEST": "DU0000000001", "PKEMPTY": "DU0000000002"},
        lacks=frozenset(
            {"brackets", "oco", "replaces", "signs_requests", "dates_orders", "any_sessions", "position_effects"}
        ),
    ),
)
HTTP_VENUES = tuple(one for one in VENUES if one.page is not None)
SOCKET_VENUES = tuple(one for one in VENUES if one.page is None)
