"""Venues without a face: hand-written answers in their own shape, and a face that refuses what is not signed.

What is not written down is refused in the venue's words, so that nothing passes by an answer that nobody meant.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from brokers.ccxt.adapter import CcxtBroker
from brokers.credentials import Credential
from simulator.protocols.http_face import HttpFace
from simulator.protocols.wire import FaceAnswer, FaceRequest, answered
from tieout.accounts import Account, Mode
from tieout.ids import AccountId, client_order_id
from tieout.instruments import Instrument
from tieout.orders import Order, OrderType, Side, TimeInForce
from tieout.settings import AccountSettings
from tieout.snapshots import Completeness, Snapshot

KEY, SECRET, PASSPHRASE = "PKTEST", "test-secret-of-coins", "test-passphrase"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
BEFORE, AFTER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
ID = client_order_id("one")
Body = Mapping[str, Any]


class CannedFace(HttpFace):
    """Answers with what was written down, by method and path; several under one path one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._bodies: dict[str, list[Any]] = {}
        self.requests: list[FaceRequest] = []

    def say(self, asked: str, *bodies: Any) -> None:
        """What is answered to `GET /path`; the last one stays."""
        self._bodies[asked] = list(bodies)

    def answer(self, request: FaceRequest) -> FaceAnswer:
        self.requests.append(request)
        if not self.is_signed(request):
            return answered(*self.refusal("signature"))
        found = self._bodies.get(self.named(request))
        if found is None:
            return answered(*self.refusal(self.named(request)))
        return answered(found.pop(0) if len(found) > 1 else found[0])

    def named(self, request: FaceRequest) -> str:
        """Under what an answer is written down."""
        return f"{request.method} {request.path}"

    def fields(self, asked: str) -> dict[str, Any]:
        """What the one request under a name asked for."""
        (found,) = [one for one in self.requests if self.named(one) == asked]
        return {**found.query, **(json.loads(found.body) if found.body else {})}

    @abstractmethod
    def is_signed(self, request: FaceRequest) -> bool:
        """Whether a request is public, or signed as the venue asks."""

    @abstractmethod
    def refusal(self, why: str) -> tuple[Body, int]:
        """A refusal in the venue's words, with its status."""


class KuCoinFace(CannedFace):
    """Spot and futures on two hosts: what is asked of the second is written down as `GET futures:/path`."""

    def named(self, request: FaceRequest) -> str:
        futures = request.headers.get("host", "").startswith("api-futures")
        return f"{request.method} {'futures:' if futures else ''}{request.path}"

    def is_signed(self, request: FaceRequest) -> bool:
        """HMAC-SHA256 over stamp, method, target and body; the passphrase is signed too."""
        headers = request.headers
        if "kc-api-key" not in headers:
            return (
                "/symbols" in request.path or "/contracts" in request.path or "market" in request.path or _open(request)
            )
        said = f"{headers['kc-api-timestamp']}{request.method}{request.target}{request.body.decode()}"
        return (headers["kc-api-sign"], headers["kc-api-passphrase"]) == (_base64(said), _base64(PASSPHRASE))

    def refusal(self, why: str) -> tuple[Body, int]:
        return {"code": "400005", "msg": f"Invalid KC-API-SIGN: {why}"}, 401


class CryptoComFace(CannedFace):
    """Everything private is asked by POST, and signed over its own words in the order of the alphabet."""

    def is_signed(self, request: FaceRequest) -> bool:
        if request.method == "GET":
            return True
        asked = json.loads(request.body)
        told = "".join(f"{name}{_said(asked['params'][name])}" for name in sorted(asked["params"]))
        said = f"{asked['method']}{asked['id']}{asked['api_key']}{told}{asked['nonce']}"
        mine = hmac.new(SECRET.encode(), said.encode(), hashlib.sha256).hexdigest()
        return bool(asked["sig"] == mine and asked["api_key"] == KEY)

    def refusal(self, why: str) -> tuple[Body, int]:
        return {"id": 1, "code": 40101, "message": f"UNAUTHORIZED: {why}"}, 401

    def fields(self, asked: str) -> dict[str, Any]:
        found: dict[str, Any] = super().fields(asked)
        params: dict[str, Any] = found.get("params", found)
        return params


@dataclass(frozen=True, slots=True)
class CannedBench:
    """An account at a venue whose answers are written down."""

    name: str
    face: CannedFace
    options: Mapping[str, str]
    _opened: ExitStack

    @property
    def asked(self) -> int:
        """How many requests have come."""
        return len(self.face.requests)

    def say(self, asked: str, *bodies: Any) -> None:
        """See `CannedFace.say`."""
        self.face.say(asked, *bodies)

    def broker(self) -> CcxtBroker:
        """The adapter, open until the operation is over."""
        account = Account(AccountId("coins"), self.name, Mode.PAPER, "USDT", "24/7")
        settings = AccountSettings(account, endpoint=self.face.base_url, options=dict(self.options))
        credential = Credential(KEY, SECRET, {"passphrase": PASSPHRASE})
        return self._opened.enter_context(CcxtBroker(settings, credential, lambda: NOW))


@dataclass(frozen=True, slots=True)
class CannedRow:
    """One row of the table, of a venue whose answers are written down.

    operations    by the names that they have for faces; each writes down what is answered, asks, and judges
    markets       what is answered about them
    """

    name: str
    venue: str
    face: Callable[[], CannedFace]
    operations: Mapping[str, Any]
    markets: Mapping[str, Any]
    options: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def bench(self) -> Iterator[CannedBench]:
        """An account of its own, and its face."""
        with self.face() as face, ExitStack() as opened:
            for asked, body in self.markets.items():
                face.say(asked, body)
            yield CannedBench(self.venue, face, self.options, opened)


def snapshot(bench: CannedBench) -> Snapshot:
    """The whole account. Fails where a part of it is missing."""
    found = bench.broker().fetch_snapshot(NOW.date())
    assert found.proof.completeness is Completeness.COMPLETE, found.proof.notes
    return found


def an_order(instrument: Instrument, quantity: str = "0.12345", **more: Any) -> Order:
    """A limit order to buy that is off every step."""
    plain = Order(ID, instrument, Side.BUY, Decimal(quantity), OrderType.LIMIT, TimeInForce.GTC, Decimal("50000.09"))
    return replace(plain, **more)


def _open(request: FaceRequest) -> bool:
    return request.path in ("/api/v1/timestamp", "/api/v1/ticker", "/api/v1/level2/snapshot")


def _base64(said: str) -> str:
    return base64.b64encode(hmac.new(SECRET.encode(), said.encode(), hashlib.sha256).digest()).decode()


def _said(value: object) -> str:
    if isinstance(value, list):
        return "".join(_said(one) for one in value)
    return "null" if value is None else str(value)
