"""What an operation is run against: an account in a simulated market, behind the face of one venue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from brokers.ccxt.adapter import CcxtBroker
from simulator.account import SimulatedAccount
from simulator.funding import Funding
from simulator.protocols.faults import ALWAYS, Status
from simulator.protocols.http_face import HttpFace
from simulator.protocols.wire import to_json
from tests.contract.coins.venues import CONTRACTS, THOUSAND, VENUES, CoinVenue
from tests.unit.simulator.protocols.coins.world import BTC, INVERSE, START, SWAP, CoinWorld
from tieout.instruments import Instrument
from tieout.records import ActivityKind

SIZES = {BTC: Decimal("0.5"), SWAP: Decimal("0.05"), INVERSE: THOUSAND}
_BEFORE_MS = int(START.timestamp() * 1000) - 60_000


@dataclass(frozen=True, slots=True)
class Canned:
    """An answer in the venue's own shape, for what the simulated market has not.

    options    of the account that is asked
    rows       behind the path; `amounts` are what they say, by coin
    """

    path: str
    rows: object
    amounts: Mapping[str, Decimal]
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table.

    traded    what is traded, each
    canned    answers beside those of the face, by the kind of ledger entry
    coins     that the wallets in scope can hold; None for all
    """

    name: str
    venue: CoinVenue
    traded: tuple[Instrument, ...]
    canned: Mapping[ActivityKind, Canned] = field(default_factory=dict)
    coins: frozenset[str] | None = None

    @contextmanager
    def bench(self) -> Iterator[Bench]:
        """An account of its own, and its face."""
        world = CoinWorld("60000", "59000", **{"funding": Funding(), **self.venue.terms})  # type: ignore[arg-type]
        keys = self.venue.signs(world)
        with self.venue.face(world.venue) as face, ExitStack() as opened:
            yield Bench(self, world, face, keys, opened)


@dataclass(frozen=True, slots=True)
class Bench:
    """One account, its face, and the adapter in front of it."""

    row: Row
    world: CoinWorld
    face: HttpFace
    keys: tuple[str, str]
    _opened: ExitStack

    @property
    def account(self) -> SimulatedAccount:
        """The truth."""
        return self.world.account

    @property
    def asked(self) -> int:
        """How many requests have come."""
        return len(self.face.log)

    @property
    def told(self) -> int:
        """How many of them may have changed something."""
        return sum(1 for one in self.face.log if one.method in ("PUT", "DELETE") or "order" in one.path.lower())

    @property
    def contracts(self) -> tuple[Instrument, ...]:
        """What is traded on margin."""
        return tuple(one for one in self.row.traded if one.is_margined)

    def broker(self, **options: str) -> CcxtBroker:
        """The adapter, open until the operation is over."""
        venue = replace(self.row.venue, options={**self.row.venue.options, **options})
        opened = self._opened.enter_context(venue.broker(self.face.base_url, self.now, *self.keys))
        assert isinstance(opened, CcxtBroker)
        return opened

    def now(self) -> datetime:
        """The simulated moment."""
        return self.world.clock.now

    def instead(self, canned: Canned) -> None:
        """Let a path answer so."""
        self.face.faults.add(Status(200, to_json(canned.rows)), canned.path, "GET", times=ALWAYS)


def _venue(name: str, **options: str) -> CoinVenue:
    found = next(one for one in (*VENUES, *CONTRACTS) if str(one) == name)
    return replace(found, options={**found.options, **options})


_INTEREST: dict[str, Any] = {
    "txId": 1352286576452864727,
    "interestAccuredTime": _BEFORE_MS,
    "asset": "USDT",
    "rawAsset": "USDT",
    "principal": "45.3313",
    "interest": "0.00024995",
    "interestRate": "0.00013233",
    "type": "ON_BORROW",
    "isolatedSymbol": "",
}
_CONVERTED: dict[str, Any] = {
    "quoteId": "quote-1",
    "orderId": 940708407462087195,
    "orderStatus": "SUCCESS",
    "fromAsset": "USDT",
    "fromAmount": "20",
    "toAsset": "BNB",
    "toAmount": "0.06154036",
    "ratio": "0.00307702",
    "inverseRatio": "324.99",
    "createTime": _BEFORE_MS,
}
_ALL = "BTC/USDT,BTC/USDT:USDT"
ROWS = (
    Row(
        "Binance",
        _venue("binance"),
        (BTC,),
        {
            ActivityKind.INTEREST: Canned(
                "/sapi/v1/margin/interestHistory",
                {"rows": [_INTEREST], "total": 1},
                {"USDT": Decimal("-0.00024995")},
                {"products": "margin"},
            ),
            ActivityKind.CONVERSION: Canned(
                "/sapi/v1/convert/tradeFlow",
                {"list": [_CONVERTED], "startTime": 0, "endTime": 0, "limit": 1000, "moreData": False},
                {"USDT": Decimal(-20), "BNB": Decimal("0.06154036")},
            ),
        },
    ),
    Row("Binance USDⓈ-M", _venue("binance USDⓈ-M"), (SWAP,), coins=frozenset({"USDT", "USDC", "BNB"})),
    Row("Binance COIN-M", _venue("binance COIN-M"), (INVERSE,), coins=frozenset({"BTC"})),
    Row("Kraken", _venue("kraken"), (BTC,)),
    Row("Kraken Futures", _venue("krakenfutures"), (INVERSE,)),
    Row("Bybit", _venue("bybit", products="spot,linear,inverse,funding"), (BTC, SWAP, INVERSE)),
    Row("OKX", _venue("okx", products="spot,swap,funding", symbols=_ALL), (BTC, SWAP)),
    Row("Coinbase", _venue("coinbase"), (BTC,)),
)
