"""The coin venues under contract: one entry each, driven through the real ccxt over a real socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from brokers.base import Broker
from brokers.credentials import Credential
from brokers.registry import open_broker
from simulator.protocols.binance.face import BinanceFace
from simulator.protocols.bybit.face import BybitFace
from simulator.protocols.http_face import HttpFace
from simulator.venue import SimulatedVenue
from tieout.accounts import Account, Mode
from tieout.ids import AccountId
from tieout.settings import AccountSettings


@dataclass(frozen=True, slots=True)
class CoinVenue:
    """One adapter's venue file and the face it is driven against.

    paths      where the wire carries each part, for faults: account, orders, executions, submit
    options    of the account
    lacks      operations that the venue has no way for, each with a word of its reason
    """

    name: str
    face: Callable[[SimulatedVenue], HttpFace]
    paths: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    lacks: Mapping[str, str] = field(default_factory=dict)

    def broker(
        self,
        endpoint: str,
        clock: Callable[[], datetime],
        key: str,
        secret: str,
        *,
        mode: Mode = Mode.PAPER,
        timeout_s: float = 5.0,
        options: Mapping[str, str] | None = None,
    ) -> Broker:
        """The adapter for the account, pointed at `endpoint`."""
        account = Account(AccountId(f"{self.name}-main"), self.name, mode, "USDT", "24/7")
        settings = AccountSettings(
            account, endpoint=endpoint, timeout_s=timeout_s, options={**self.options, **(options or {})}
        )
        return open_broker(settings, Credential(key, secret, self.extra), clock)


VENUES = (
    CoinVenue(
        "binance",
        BinanceFace,
        {
            "account": "/api/v3/account",
            "orders": "/api/v3/openOrders",
            "executions": "/api/v3/myTrades",
            "submit": "/api/v3/order",
        },
        {"symbols": "BTC/USDT,ETH/USDT"},
    ),
    CoinVenue(
        "bybit",
        BybitFace,
        {
            "account": "/v5/account/wallet-balance",
            "orders": "/v5/order/realtime",
            "executions": "/v5/execution/list",
            "submit": "/v5/order/create",
        },
        {"products": "spot"},
    ),
)
