"""What goes wrong at each coin venue becomes the one leaf that says whether an order may be working there."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest

from brokers.ccxt.judging import CLASSES, Judge
from brokers.ccxt.setup import VENUES
from brokers.ccxt.venue import Venue
from brokers.http.answers import Answer
from tieout.errors import (
    Ambiguous,
    BrokerError,
    DuplicateOrder,
    InsufficientFunds,
    InvalidOrder,
    NotFound,
    NotTradable,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def venue(name: str) -> Venue:
    module, _, kind = VENUES[name].partition(":")
    found: Venue = getattr(import_module(module), kind)()
    return found


def judged(
    name: str,
    body: Any,
    *,
    status: int = 200,
    tells: bool = True,
    headers: dict[str, str] | None = None,
    as_ccxt: str | None = "ExchangeError",
) -> BrokerError:
    of = venue(name)
    judge = Judge(of.broker, of.rules, of.said, of.wait_s)
    found = judge.of_answer(Answer(status, headers or {}, b""), body, lambda: as_ccxt, NOW, tells=tells)
    assert found is not None
    return found


def okx(code: str, words: str = "") -> dict[str, Any]:
    return {"code": "1", "data": [{"sCode": code, "sMsg": words}], "msg": ""}


BODIES: list[tuple[str, str, int, Any, type[BrokerError]]] = [
    ("clock skew", "binance", 400, {"code": -1021, "msg": "outside of the recvWindow"}, Unavailable),
    ("clock skew", "bybit", 200, {"retCode": 10002, "retMsg": "exceeds the time window"}, Unavailable),
    ("clock skew", "okx", 401, {"code": "50102", "msg": "Timestamp request expired"}, Unavailable),
    ("clock skew", "kucoin", 400, {"code": "400002", "msg": "Invalid KC-API-TIMESTAMP"}, Unavailable),
    ("clock skew", "cryptocom", 401, {"code": 40102, "message": "INVALID_NONCE"}, Unavailable),
    ("clock skew", "kraken", 200, {"error": ["EAPI:Invalid nonce"]}, Unavailable),
    ("wrong permission", "binance", 401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions"}, Unauthorised),
    ("wrong permission", "bybit", 200, {"retCode": 10005, "retMsg": "Permission denied"}, Unauthorised),
    ("wrong permission", "okx", 401, {"code": "50120", "msg": "API key doesn't have permission"}, Unauthorised),
    ("wrong permission", "kraken", 200, {"error": ["EGeneral:Permission denied"]}, Unauthorised),
    ("wrong permission", "kucoin", 400, {"code": "400007", "msg": "Access denied"}, Unauthorised),
    ("wrong permission", "coinbase", 403, {"error": "PERMISSION_DENIED", "message": "missing scope"}, Unauthorised),
    ("wrong permission", "krakenfutures", 200, {"result": "error", "error": "authenticationError"}, Unauthorised),
    ("address not allowed", "bybit", 200, {"retCode": 10010, "retMsg": "Unmatched IP"}, Unauthorised),
    ("address not allowed", "okx", 401, {"code": "50110", "msg": "Invalid IP"}, Unauthorised),
    ("address not allowed", "kucoin", 400, {"code": "400006", "msg": "not in IP whitelist"}, Unauthorised),
    ("address not allowed", "cryptocom", 401, {"code": 40103, "message": "IP_ILLEGAL"}, Unauthorised),
    ("unknown symbol", "binance", 400, {"code": -1121, "msg": "Invalid symbol."}, NotTradable),
    ("unknown symbol", "bybit", 200, {"retCode": 10001, "retMsg": "params error: symbol invalid"}, NotTradable),
    ("unknown symbol", "okx", 200, okx("51001", "Instrument ID does not exist"), NotTradable),
    ("unknown symbol", "kraken", 200, {"error": ["EQuery:Unknown asset pair"]}, NotTradable),
    ("unknown symbol", "kucoin", 400, {"code": "900001", "msg": "symbol not exists"}, NotTradable),
    ("unknown symbol", "cryptocom", 400, {"code": 30003, "message": "SYMBOL_NOT_FOUND"}, NotTradable),
    (
        "unknown symbol",
        "coinbase",
        200,
        {"success": False, "error_response": {"error": "INVALID_PRODUCT_ID", "message": "no such product"}},
        NotTradable,
    ),
    ("delisted market", "binance", 400, {"code": -4108, "msg": "on delivering or closed"}, NotTradable),
    ("delisted market", "okx", 200, okx("51027", "Contract expired"), NotTradable),
    ("precision", "binance", 400, {"code": -1111, "msg": "too much precision"}, InvalidOrder),
    ("precision", "bybit", 200, {"retCode": 170134, "retMsg": "Order price has too many decimals"}, InvalidOrder),
    ("precision", "okx", 200, okx("51121", "multiple of the lot size"), InvalidOrder),
    ("minimum notional", "binance", 400, {"code": -1013, "msg": "Filter failure: NOTIONAL"}, InvalidOrder),
    ("minimum notional", "bybit", 200, {"retCode": 110094, "retMsg": "below the lower limit"}, InvalidOrder),
    ("minimum notional", "okx", 200, okx("51020", "minimum order amount"), InvalidOrder),
    ("minimum notional", "kraken", 200, {"error": ["EOrder:Order minimum not met"]}, InvalidOrder),
    ("minimum notional", "cryptocom", 400, {"code": 415, "message": "BELOW_MIN_ORDER_SIZE"}, InvalidOrder),
    ("reduce only", "binance", 400, {"code": -2022, "msg": "ReduceOnly Order is rejected."}, InvalidOrder),
    ("reduce only", "bybit", 200, {"retCode": 110017, "retMsg": "reduce-only rule not satisfied"}, InvalidOrder),
    ("reduce only", "okx", 200, okx("51169", "no positions in this direction to reduce"), InvalidOrder),
    (
        "reduce only",
        "krakenfutures",
        200,
        {"result": "success", "sendStatus": {"status": "wouldNotReducePosition"}},
        Rejected,
    ),
    ("maintenance", "okx", 503, {"code": "50001", "msg": "Service temporarily unavailable"}, Ambiguous),
    ("maintenance", "kraken", 200, {"error": ["EService:Unavailable"]}, Ambiguous),
    ("maintenance", "binance", 503, {"code": -1001, "msg": "Internal error"}, Ambiguous),
    ("maintenance", "krakenfutures", 200, {"result": "error", "error": "Unavailable"}, Ambiguous),
    ("time-out of the engine", "bybit", 200, {"retCode": 10000, "retMsg": "Server Timeout"}, Ambiguous),
    ("time-out of the engine", "okx", 200, okx("51149", "Order timed out"), Ambiguous),
    ("time-out of the engine", "cryptocom", 200, {"code": 40801, "message": "timeout"}, Ambiguous),
    ("time-out of the engine", "kucoin", 200, {"code": "500000", "msg": "Internal Server Error"}, Ambiguous),
    ("time-out of the engine", "kraken", 200, {"error": ["EService:Deadline elapsed"]}, Ambiguous),
    ("an error with JSON", "coinbase", 500, {"error": "internal", "message": "x"}, Ambiguous),
    ("funds", "binance", 400, {"code": -2010, "msg": "Account has insufficient balance"}, InsufficientFunds),
    ("funds", "bybit", 200, {"retCode": 170131, "retMsg": "Balance insufficient"}, InsufficientFunds),
    ("funds", "okx", 200, okx("51008", "insufficient balance"), InsufficientFunds),
    ("funds", "kraken", 200, {"error": ["EOrder:Insufficient funds"]}, InsufficientFunds),
    ("funds", "kucoin", 200, {"code": "200004", "msg": "Balance insufficient!"}, InsufficientFunds),
    ("funds", "cryptocom", 400, {"code": 306, "message": "INSUFFICIENT_AVAILABLE_BALANCE"}, InsufficientFunds),
    (
        "funds",
        "coinbase",
        200,
        {"success": False, "error_response": {"error": "INSUFFICIENT_FUND", "message": "Insufficient balance"}},
        InsufficientFunds,
    ),
    ("duplicate id", "binance", 400, {"code": -2010, "msg": "Duplicate order sent."}, DuplicateOrder),
    ("duplicate id", "bybit", 200, {"retCode": 110072, "retMsg": "OrderLinkedID is duplicate"}, DuplicateOrder),
    ("duplicate id", "okx", 200, okx("51016", "Duplicated client order ID"), DuplicateOrder),
    ("duplicate id", "kucoin", 200, {"code": "126044", "msg": "clientOid exists"}, DuplicateOrder),
    ("duplicate id", "cryptocom", 200, {"code": 204, "message": "DUPLICATE_CLORDID"}, DuplicateOrder),
    (
        "duplicate id",
        "krakenfutures",
        200,
        {"result": "success", "sendStatus": {"status": "clientOrderIdAlreadyExist"}},
        DuplicateOrder,
    ),
    ("no such order", "binance", 400, {"code": -2013, "msg": "Order does not exist."}, NotFound),
    ("no such order", "okx", 200, {"code": "51603", "data": [], "msg": "Order does not exist"}, NotFound),
    ("no such order", "kucoin", 400, {"code": "100001", "msg": "error.getOrder.orderNotExist"}, NotFound),
    ("no such order", "cryptocom", 404, {"code": 40401, "message": "NOT_FOUND"}, NotFound),
]


@pytest.mark.parametrize(("what", "name", "status", "body", "leaf"), BODIES)
def test_a_refusal_of_an_order_is_one_leaf(
    what: str, name: str, status: int, body: Any, leaf: type[BrokerError]
) -> None:
    found = judged(name, body, status=status)

    assert type(found) is leaf, what


@pytest.mark.parametrize(("name", "body"), [(name, body) for what, name, _, body, _ in BODIES if what == "maintenance"])
def test_what_is_ambiguous_to_an_order_is_a_failed_read_to_a_read(name: str, body: Any) -> None:
    assert type(judged(name, body, tells=False)) is Unavailable


@pytest.mark.parametrize("status", [418, 429])
def test_a_ban_says_how_long_to_wait(status: int) -> None:
    body = {"code": -1003, "msg": "Way too much request weight used; IP banned"}

    found = judged("binance", body, status=status, headers={"retry-after": "120"})

    assert isinstance(found, RateLimited)
    assert found.retry_after_s == 120


def test_a_limit_inside_a_success_says_how_long_to_wait() -> None:
    reset = str(int(NOW.timestamp() * 1000) + 750)

    found = judged("bybit", {"retCode": 10006, "retMsg": "x"}, headers={"x-bapi-limit-reset-timestamp": reset})

    assert isinstance(found, RateLimited)
    assert found.retry_after_s == pytest.approx(0.75)


def test_a_refused_key_is_no_overload_although_ccxt_calls_it_so() -> None:
    body = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}

    assert type(judged("binance", body, status=401, as_ccxt="DDoSProtection")) is Unauthorised


@pytest.mark.parametrize("name", ["ExchangeError", "OperationFailed", "NetworkError", "RequestTimeout", "BadResponse"])
def test_what_nobody_knows_for_sure_is_ambiguous_to_an_order(name: str) -> None:
    assert name not in CLASSES
    assert type(judged("bybit", {"retCode": 999_999_999, "retMsg": "new"}, as_ccxt=name)) is Ambiguous


@pytest.mark.parametrize("name", VENUES)
def test_every_row_of_a_table_says_why(name: str) -> None:
    assert all(rule.why for rule in venue(name).rules)


def test_every_class_of_ccxt_has_its_place() -> None:
    from ccxt.base.errors import error_hierarchy

    def names(tree: dict[str, Any]) -> set[str]:
        return set(tree) | {name for inner in tree.values() for name in names(inner)}

    not_definite = {
        "BaseError",
        "ExchangeError",
        "OperationFailed",
        "NetworkError",
        "DDoSProtection",
        "ExchangeNotAvailable",
        "OnMaintenance",
        "RequestTimeout",
        "ChecksumError",
        "BadResponse",
        "NullResponse",
        "CancelPending",
    }
    others = {
        "InvalidAddress",
        "AddressPending",
        "InvalidProxySettings",
        "ExchangeClosedByUser",
        "UnsubscribeError",
    }
    assert names(error_hierarchy) == set(CLASSES) | not_definite | others
