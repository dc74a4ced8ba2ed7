"""Kraken's answers: everything in HTTP 200, refusals as text in `error`. Source: "Errors" of the API documentation."""

from __future__ import annotations

from simulator.protocols.coins.refusals import No, Refused, Why
from simulator.protocols.wire import FaceAnswer, answered

_WORDS = {
    Why.FUNDS: "EOrder:Insufficient funds",
    Why.DUPLICATE: "EOrder:Duplicate cl_ord_id",
    Why.UNKNOWN_SYMBOL: "EQuery:Unknown asset pair",
    Why.NOT_TRADING: "EService:Market in cancel_only mode",
    Why.STEP: "EGeneral:Invalid arguments:volume",
    Why.TICK: "EOrder:Invalid price",
    Why.LEAST: "EGeneral:Invalid arguments:volume minimum not met",
    Why.MOST: "EOrder:Order exceeds maximum",
    Why.VALUE: "EOrder:Cost minimum not met",
    Why.WOULD_TAKE: "EOrder:Post only order",
    Why.REDUCE_ONLY: "EOrder:Reduce only:No position exists",
    Why.NOT_FOUND: "EOrder:Unknown order",
    Why.OVER: "EOrder:Unknown order",
}


def told(result: object) -> FaceAnswer:
    """`{"error": [], "result": …}`."""
    return answered({"error": [], "result": result})


def refused(words: str) -> Refused:
    """`{"error": ["EOrder:…"]}`."""
    return Refused(200, {"error": [words]})


def said(no: No) -> Refused:
    """A refusal in the venue's words."""
    if no.why is Why.FIELD:
        return refused(f"EGeneral:Invalid arguments:{no.words}")
    return refused(_WORDS.get(no.why, f"EGeneral:Invalid arguments:{no.words}"))
