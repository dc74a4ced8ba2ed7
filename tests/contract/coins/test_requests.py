"""What leaves for the venues that have no face here, KuCoin and Crypto.com: signed, in our id, on the steps."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from brokers.ccxt.adapter import CcxtBroker
from brokers.credentials import Credential
from simulator.protocols.recorded import RecordedFace
from simulator.protocols.wire import FaceAnswer, FaceRequest
from tests.recorded.coins.desk import market
from tieout.accounts import Account, Mode
from tieout.errors import Ambiguous, DuplicateOrder, Unsupported
from tieout.ids import AccountId, client_order_id
from tieout.instruments import Instrument, crypto, perpetual
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.settings import AccountSettings

KEY, SECRET, PASSPHRASE = "PKTEST", "test-secret-of-coins", "test-passphrase"
ID = client_order_id("one")
PAIR, SWAP = crypto("BTC", "USDT"), perpetual("BTC", "USDT", "USDT")


class Listening(RecordedFace):
    """Keeps the requests as they came."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[FaceRequest] = []

    def answer(self, request: FaceRequest) -> FaceAnswer:
        self.requests.append(request)
        return super().answer(request)

    def say(self, method: str, path: str, body: Any, status: int = 200) -> None:
        self.serve(method, path, json.dumps(body).encode(), status)


@pytest.fixture
def face() -> Iterator[Listening]:
    with Listening() as face:
        yield face


def open_at(face: Listening, name: str, *markets: dict[str, Any], **options: str) -> CcxtBroker:
    account = Account(AccountId("coins"), name, Mode.PAPER, "USDT", "24/7")
    settings = AccountSettings(account, endpoint=face.base_url, options=options)
    credential = Credential(KEY, SECRET, {"passphrase": PASSPHRASE})
    broker = CcxtBroker(settings, credential, lambda: datetime(2026, 3, 2, tzinfo=UTC))
    exchange = broker._desk.exchange
    exchange.set_markets([exchange.safe_market_structure(one) for one in markets])
    return broker


@pytest.fixture
def kucoin(face: Listening) -> Iterator[CcxtBroker]:
    steps = {"step": "0.0001", "tick": "0.1"}
    spot = market("BTC/USDT", "BTC-USDT", **steps)
    swap = market("BTC/USDT:USDT", "XBTUSDTM", size="0.001", step="1", tick="0.1")
    with open_at(face, "kucoin", spot, swap, products="spot,futures") as broker:
        yield broker


@pytest.fixture
def cryptocom(face: Listening) -> Iterator[CcxtBroker]:
    with open_at(face, "cryptocom", market("BTC/USDT", "BTC_USDT", step="0.0001", tick="0.1")) as broker:
        yield broker


def an_order(instrument: Instrument = PAIR, quantity: str = "0.12345") -> Order:
    return Order(ID, instrument, Side.BUY, Decimal(quantity), OrderType.LIMIT, TimeInForce.GTC, Decimal("50000.09"))


def sent(face: Listening, path: str) -> tuple[FaceRequest, dict[str, Any]]:
    (found,) = [one for one in face.requests if one.path == path]
    return found, json.loads(found.body) if found.body else {}


def test_kucoin_gets_a_signed_order_under_our_id(face: Listening, kucoin: CcxtBroker) -> None:
    face.say("POST", "/api/v1/orders", {"code": "200000", "data": {"orderId": "7"}})

    report = kucoin.submit(an_order())

    request, body = sent(face, "/api/v1/orders")
    assert (body["clientOid"], body["symbol"], body["side"]) == (ID, "BTC-USDT", "buy")
    assert (body["type"], body["size"], body["price"]) == ("limit", "0.1234", "50000")
    said = f"{request.headers['kc-api-timestamp']}POST/api/v1/orders{request.body.decode()}"
    mine = hmac.new(SECRET.encode(), said.encode(), hashlib.sha256).digest()
    assert request.headers["kc-api-sign"] == base64.b64encode(mine).decode()
    assert (report.broker_order_id, report.state, report.quantity) == ("7", OrderState.WORKING, Decimal("0.1234"))


def test_kucoin_futures_get_whole_lots(face: Listening, kucoin: CcxtBroker) -> None:
    face.say("POST", "/api/v1/orders", {"code": "200000", "data": {"orderId": "8", "clientOid": ID}})

    kucoin.submit(replace(an_order(SWAP, "0.0129"), is_exit=True))

    _, body = sent(face, "/api/v1/orders")
    assert (body["symbol"], int(body["size"]), body["reduceOnly"], body["clientOid"]) == ("XBTUSDTM", 12, True, ID)


def test_kucoin_is_asked_by_our_id_in_both_of_its_books(face: Listening, kucoin: CcxtBroker) -> None:
    face.say("GET", "/api/v1/orders", {"code": "200000", "data": {"items": [], "totalPage": 0}})
    face.say("GET", f"/api/v1/order/client-order/{ID}", {"code": "200000", "data": None})
    face.say("GET", "/api/v1/orders/byClientOid", {"code": "100001", "msg": "error.getOrder.orderNotExist"})

    assert kucoin.fetch_order(ID) is None
    asked = [request.target for request in face.requests]
    assert any(ID in one for one in asked[:1])
    assert f"clientOid={ID}" in asked[1]
    assert any("status=done" in one for one in asked[2:]), "the first of them forgets what is over"


def test_cryptocom_gets_a_signed_order_under_our_id_in_its_own_field(face: Listening, cryptocom: CcxtBroker) -> None:
    face.say(
        "POST",
        "/exchange/v1/private/create-order",
        {"id": 1, "code": 0, "result": {"order_id": "9", "client_oid": ID}},
    )

    report = cryptocom.submit(an_order())

    _, body = sent(face, "/exchange/v1/private/create-order")
    params = body["params"]
    assert (params["client_oid"], params["instrument_name"], params["side"]) == (ID, "BTC_USDT", "BUY")
    assert (params["type"], params["quantity"], params["price"]) == ("LIMIT", "0.1234", "50000")
    told = "".join(f"{name}{params[name]}" for name in sorted(params))
    said = f"{body['method']}{body['id']}{KEY}{told}{body['nonce']}"
    assert body["sig"] == hmac.new(SECRET.encode(), said.encode(), hashlib.sha256).hexdigest()
    assert (report.broker_order_id, report.client_order_id) == ("9", ID)


def test_cryptocom_is_asked_by_our_id(face: Listening, cryptocom: CcxtBroker) -> None:
    path = "/exchange/v1/private/get-order-detail"
    face.say("POST", path, {"id": 1, "code": 40401, "message": "NOT_FOUND"}, 404)

    assert cryptocom.fetch_order(ID) is None
    _, body = sent(face, path)
    assert body["params"] == {"client_oid": ID}


@pytest.mark.parametrize(
    ("name", "path", "another"),
    [
        ("kucoin", "/api/v1/orders", {"code": "200000", "data": {"orderId": "7", "clientOid": "0" * 32}}),
        ("kucoin", "/api/v1/orders", {"code": "200000", "data": {}}),
        (
            "cryptocom",
            "/exchange/v1/private/create-order",
            {"id": 1, "code": 0, "result": {"order_id": "9", "client_oid": "0" * 32}},
        ),
        ("cryptocom", "/exchange/v1/private/create-order", {"id": 1, "code": 0, "result": {}}),
    ],
)
def test_an_answer_about_another_order_or_about_none_is_ambiguous(
    face: Listening, request: pytest.FixtureRequest, name: str, path: str, another: dict[str, Any]
) -> None:
    face.say("POST", path, another)
    broker: CcxtBroker = request.getfixturevalue(name)

    with pytest.raises(Ambiguous):
        broker.submit(an_order())


@pytest.mark.parametrize(
    ("name", "path", "refusal"),
    [
        ("kucoin", "/api/v1/orders", {"code": "126044", "msg": "clientOid exists"}),
        ("cryptocom", "/exchange/v1/private/create-order", {"code": 204, "message": "DUPLICATE_CLORDID"}),
    ],
)
def test_a_duplicate_is_an_answer(
    face: Listening, request: pytest.FixtureRequest, name: str, path: str, refusal: dict[str, Any]
) -> None:
    face.say("POST", path, refusal)
    broker: CcxtBroker = request.getfixturevalue(name)

    with pytest.raises(DuplicateOrder):
        broker.submit(an_order())


Ask = Callable[[CcxtBroker], object]


@pytest.mark.parametrize(
    ("name", "ask", "why"),
    [
        ("kucoin", lambda one: one.replace(ID, an_order()), "old id"),
        ("cryptocom", lambda one: one.replace(ID, an_order()), "old id"),
        ("cryptocom", lambda one: one.fetch_clock(), "tells no time"),
        ("kucoin", lambda one: one.fetch_sessions(date(2026, 3, 2), date(2026, 3, 2)), "closes"),
    ],
)
def test_what_a_venue_lacks_is_said_and_nothing_is_sent(
    face: Listening, request: pytest.FixtureRequest, name: str, ask: Ask, why: str
) -> None:
    broker: CcxtBroker = request.getfixturevalue(name)

    with pytest.raises(Unsupported, match=why):
        ask(broker)

    assert face.requests == []
