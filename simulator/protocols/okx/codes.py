"""OKX's answers: `code` for the request, `sCode` for each order in it. Source: "Error Code" of the v5 documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simulator.protocols.coins.refusals import No, Refused, Why
from simulator.protocols.coins.rows import Row
from simulator.protocols.wire import FaceAnswer, answered

_CODES = {
    Why.FUNDS: ("51008", "Order failed. Insufficient balance or margin."),
    Why.DUPLICATE: ("51016", "Duplicated client order ID."),
    Why.UNKNOWN_SYMBOL: ("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist."),
    Why.NOT_TRADING: ("51087", "Listing canceled for this instrument."),
    Why.STEP: ("51121", "Order quantity must be a multiple of the lot size."),
    Why.TICK: ("51000", "Parameter px error"),
    Why.LEAST: ("51020", "Your order should meet or exceed the minimum order amount."),
    Why.MOST: ("51201", "Value of per market order cannot exceed the limit."),
    Why.VALUE: ("51020", "Your order should meet or exceed the minimum order amount."),
    Why.REDUCE_ONLY: ("51169", "Order failed because you don't have any positions in this direction."),
    Why.LEG: ("51000", "Parameter posSide error"),
    Why.NOT_FOUND: ("51603", "Order does not exist"),
    Why.OVER: ("51400", "Cancellation failed as the order has been filled, canceled or does not exist."),
}
AMEND_OVER = ("51503", "Your order has already been filled or canceled.")


def told(rows: Sequence[Row]) -> FaceAnswer:
    """`{"code": "0", "data": […], "msg": ""}`."""
    return answered({"code": "0", "data": list(rows), "msg": ""})


def refused(code: str, words: str, status: int = 200) -> Refused:
    """The whole request is refused."""
    return Refused(status, {"code": code, "data": [], "msg": words})


def late(sent: Mapping[str, str]) -> Row:
    """The refusal of an order that came after its `expTime`."""
    words = "The expTime can't be earlier than the current system time. Please adjust the expTime and try again."
    return {"ordId": "", "clOrdId": sent.get("clOrdId", ""), "tag": "", "sCode": "50036", "sMsg": words}


def coded(no: No) -> tuple[str, str]:
    """A refusal as code and words."""
    if no.why is Why.FIELD:
        return "51000", f"Parameter {no.words} error"
    return _CODES.get(no.why, ("51000", f"Parameter {no.words} error"))


def each(rows: Sequence[Row]) -> FaceAnswer:
    """Answers to several orders: code 1 where all were refused, 2 where some were."""
    bad = sum(row["sCode"] != "0" for row in rows)
    code = "0" if not bad else "1" if bad == len(rows) else "2"
    words = "" if not bad else "All operations failed" if bad == len(rows) else "Bulk operation partially succeeded."
    return answered({"code": code, "data": list(rows), "msg": words, "inTime": "0", "outTime": "0"})
