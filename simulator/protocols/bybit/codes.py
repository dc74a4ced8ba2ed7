"""Bybit's answers: everything in HTTP 200, refusals by `retCode`. Source: the venue's list of error codes."""

from __future__ import annotations

from simulator.protocols.coins.refusals import No, Refused, Why
from simulator.protocols.wire import FaceAnswer, answered

SPOT = {
    Why.FUNDS: (170131, "Insufficient balance."),
    Why.DUPLICATE: (170141, "Duplicate clientOrderId"),
    Why.UNKNOWN_SYMBOL: (170121, "Invalid symbol."),
    Why.NOT_TRADING: (170121, "Invalid symbol."),
    Why.STEP: (170137, "Order volume decimal too long."),
    Why.TICK: (170134, "Order price decimal too long."),
    Why.LEAST: (170136, "Order quantity exceeded lower limit."),
    Why.MOST: (170124, "Order amount too large."),
    Why.VALUE: (170140, "Order value exceeded lower limit."),
    Why.NOT_FOUND: (170213, "Order does not exist."),
    Why.OVER: (170213, "Order does not exist."),
}
CONTRACTS = {
    Why.FUNDS: (110007, "ab not enough for new order"),
    Why.DUPLICATE: (110072, "OrderLinkedID is duplicate"),
    Why.UNKNOWN_SYMBOL: (10001, "params error: symbol invalid"),
    Why.NOT_TRADING: (110074, "This contract is not live"),
    Why.STEP: (10001, "Qty invalid"),
    Why.TICK: (10001, "params error: Price invalid"),
    Why.LEAST: (10001, "The number of contracts exceeds minimum limit allowed"),
    Why.MOST: (10001, "The number of contracts exceeds maximum limit allowed: too large"),
    Why.VALUE: (110094, "Order does not meet minimum order value 5USDT"),
    Why.REDUCE_ONLY: (110017, "current position is zero, cannot fix reduce-only order qty"),
    Why.LEG: (10001, "position idx not match position mode"),
    Why.NOT_FOUND: (110001, "order not exists or too late to cancel"),
    Why.OVER: (110001, "order not exists or too late to cancel"),
}
TOO_OFTEN = (10006, "Too many visits. Exceeded the API Rate Limit.")


def told(result: object, time_ms: int) -> FaceAnswer:
    """`{"retCode": 0, "retMsg": "OK", "result": …}`."""
    return answered(body(0, "OK", result, time_ms))


def body(code: int, words: str, result: object, time_ms: int) -> dict[str, object]:
    """What every answer looks like."""
    return {"retCode": code, "retMsg": words, "result": result, "retExtInfo": {}, "time": time_ms}


def refused(code: int, words: str, time_ms: int, status: int = 200) -> Refused:
    """A refusal."""
    return Refused(status, body(code, words, {}, time_ms))


def said(no: No, *, spot: bool, time_ms: int) -> Refused:
    """A refusal in the words of spot or of contracts."""
    if no.why is Why.FIELD:
        return refused(10001, f"params error: {no.words} invalid", time_ms)
    code, words = (SPOT if spot else CONTRACTS).get(no.why, (10001, f"params error: {no.words}"))
    return refused(code, words, time_ms)
