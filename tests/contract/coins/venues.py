"""The coin venues under contract: one entry each, driven through the real ccxt over a real socket."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from brokers.base import Broker
from brokers.credentials import Credential
from brokers.registry import open_broker
from simulator.costs import ChargedIn
from simulator.protocols.binance.face import BinanceFace
from simulator.protocols.bybit.face import BybitFace
from simulator.protocols.coinbase.face import CoinbaseFace
from simulator.protocols.http_face import HttpFace
from simulator.protocols.kraken.face import KrakenFace
from simulator.protocols.krakenfutures.face import KrakenFuturesFace
from simulator.protocols.okx.face import OkxFace
from simulator.venue import SimulatedVenue
from tests.unit.simulator.protocols.coins.world import COSTS, INVERSE, KEY, SECRET, SWAP, CoinWorld
from tieout.accounts import Account, Mode
from tieout.ids import AccountId
from tieout.instruments import Instrument
from tieout.settings import AccountSettings


@dataclass(frozen=True, slots=True)
class CoinVenue:
    """One adapter's venue file and the face it is driven against.

    paths      where the wire carries each part, for faults: account, orders, executions, submit
    options    of the account
    lacks      what the venue has no way for, so that the suite asks for the refusal instead
    signs      key and secret, in the form in which the venue gives them to their owner
    terms      of the account, beyond those of every account
    label      of the product, where a venue is under contract for several
    contract   that is traded in the suite of contracts, and `size`, units of it
    """

    name: str
    face: Callable[[SimulatedVenue], HttpFace]
    paths: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()
    signs: Callable[[CoinWorld], tuple[str, str]] = lambda _: (KEY, SECRET)
    terms: Mapping[str, object] = field(default_factory=dict)
    label: str = ""
    contract: Instrument = SWAP
    size: Decimal = Decimal("0.05")

    def __str__(self) -> str:
        return self.label or self.name

    def world(self) -> CoinWorld:
        """A world in which the venue charges as it does."""
        return CoinWorld(**self.terms)  # type: ignore[arg-type]

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
        base_currency: str = "USDT",
    ) -> Broker:
        """The adapter for the account, pointed at `endpoint`."""
        account = Account(AccountId(f"{self.name}-main"), self.name, mode, base_currency, "24/7")
        settings = AccountSettings(
            account, endpoint=endpoint, timeout_s=timeout_s, options={**self.options, **(options or {})}
        )
        return open_broker(settings, Credential(key, secret, self.extra), clock)


def pem(world: CoinWorld) -> tuple[str, str]:
    """An elliptic curve's key, made for the run, on one line as it stands in an environment."""
    made = ec.generate_private_key(ec.SECP256R1())
    text = made.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    name = "organizations/test/apiKeys/test"
    world.venue.keys.add(world.account, "cloud", key_id=name, secret=text)
    return name, text.strip().replace("\n", "\\n")


def base64_secret(world: CoinWorld) -> tuple[str, str]:
    """A secret in base64."""
    secret = b64encode(b"test-secret-of-kraken").decode()
    world.venue.keys.add(world.account, "kraken", key_id="PKKRAKEN", secret=secret)
    return "PKKRAKEN", secret


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
    CoinVenue(
        "okx",
        OkxFace,
        {
            "account": "/api/v5/account/balance",
            "orders": "/api/v5/trade/orders-pending",
            "executions": "/api/v5/trade/fills-history",
            "submit": "/api/v5/trade/batch-orders",
        },
        {"products": "spot", "symbols": "BTC/USDT,ETH/USDT"},
        {"passphrase": "test-passphrase"},
        terms={"fees": "okx"},
    ),
    CoinVenue(
        "kraken",
        KrakenFace,
        {
            "account": "/0/private/BalanceEx",
            "orders": "/0/private/OpenOrders",
            "executions": "/0/private/TradesHistory",
            "submit": "/0/private/AddOrder",
        },
        signs=base64_secret,
        lacks=frozenset({"account number"}),
        terms={"costs": replace(COSTS, venue="kraken", charged_in=ChargedIn.QUOTE)},
    ),
    CoinVenue(
        "coinbase",
        CoinbaseFace,
        {
            "account": "/api/v3/brokerage/accounts",
            "orders": "/api/v3/brokerage/orders/historical/batch",
            "executions": "/api/v3/brokerage/orders/historical/fills",
            "submit": "/api/v3/brokerage/orders",
        },
        signs=pem,
        lacks=frozenset({"account number", "market buys"}),
        terms={"costs": replace(COSTS, venue="coinbase", charged_in=ChargedIn.QUOTE)},
    ),
)

_BY_NAME = {one.name: one for one in VENUES}
THOUSAND = Decimal(1_000)
CONTRACTS = (
    replace(_BY_NAME["binance"], options={"products": "linear", "symbols": "BTC/USDT:USDT"}, label="binance USDⓈ-M"),
    replace(
        _BY_NAME["binance"],
        options={"products": "inverse", "symbols": "BTC/USD:BTC"},
        label="binance COIN-M",
        contract=INVERSE,
        size=THOUSAND,
    ),
    replace(_BY_NAME["bybit"], options={"products": "spot,linear"}),
    replace(
        _BY_NAME["bybit"],
        options={"products": "spot,inverse"},
        label="bybit inverse",
        lacks=frozenset({"hedge mode"}),
        contract=INVERSE,
        size=THOUSAND,
    ),
    replace(_BY_NAME["okx"], options={"products": "spot,swap", "symbols": "BTC/USDT:USDT"}),
    CoinVenue(
        "krakenfutures",
        KrakenFuturesFace,
        {
            "account": "/derivatives/api/v3/accounts",
            "orders": "/derivatives/api/v3/openorders",
            "executions": "/derivatives/api/v3/fills",
            "submit": "/derivatives/api/v3/sendorder",
        },
        signs=base64_secret,
        lacks=frozenset({"hedge mode", "position mode", "fees in fills", "own margin"}),
        terms={"costs": replace(COSTS, venue="kraken", charged_in=ChargedIn.QUOTE)},
        contract=INVERSE,
        size=THOUSAND,
    ),
)
"""What trades contracts, each product under contract for itself."""
