"""Kraken Futures' answers: everything in HTTP 200, a refused order as a status inside a success.

Source: "Send order" and "Errors" of the venue's REST reference.
"""

from __future__ import annotations

from datetime import datetime

from simulator.protocols.coins.refusals import No, Refused, Why
from simulator.protocols.wire import FaceAnswer, answered

STATUSES = {
    Why.FUNDS: "insufficientAvailableFunds",
    Why.DUPLICATE: "clientOrderIdAlreadyExist",
    Why.NOT_TRADING: "marketSuspended",
    Why.STEP: "invalidSize",
    Why.TICK: "invalidPrice",
    Why.LEAST: "tooSmall",
    Why.MOST: "maxPositionViolation",
    Why.VALUE: "tooSmall",
    Why.WOULD_TAKE: "postWouldExecute",
    Why.REDUCE_ONLY: "wouldNotReducePosition",
    Why.NOT_FOUND: "notFound",
    Why.OVER: "filled",
}


def iso(moment: datetime) -> str:
    """`2019-09-05T16:33:50.734Z`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def told(now: datetime, **content: object) -> FaceAnswer:
    """`{"result": "success", "serverTime": …, …}`."""
    return answered({"result": "success", **content, "serverTime": iso(now)})


def refused(words: str, now: datetime) -> Refused:
    """`{"result": "error", "error": "authenticationError", …}`."""
    return Refused(200, {"result": "error", "error": words, "serverTime": iso(now)})


def said(no: No, now: datetime) -> Refused:
    """A refusal outside of the orders."""
    words = {
        Why.UNKNOWN_SYMBOL: "contractNotFound",
        Why.FIELD: f"invalidArgument: {no.words}",
    }
    return refused(words.get(no.why) or STATUSES.get(no.why, str(no.why)), now)
