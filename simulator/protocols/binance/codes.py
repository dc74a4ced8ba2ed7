"""Binance's refusals: code, words and status. Source: errors.md of the venue's API documentation."""

from __future__ import annotations

from simulator.protocols.coins.refusals import No, Refused, Why

_BAD = 400


def refused(code: int, words: str, status: int = _BAD) -> Refused:
    """`{"code": -1013, "msg": "..."}`."""
    return Refused(status, {"code": code, "msg": words})


SPOT = {
    Why.FUNDS: (-2010, "Account has insufficient balance for requested action."),
    Why.DUPLICATE: (-2010, "Duplicate order sent."),
    Why.UNKNOWN_SYMBOL: (-1121, "Invalid symbol."),
    Why.NOT_TRADING: (-1013, "Market is closed."),
    Why.STEP: (-1013, "Filter failure: LOT_SIZE"),
    Why.TICK: (-1013, "Filter failure: PRICE_FILTER"),
    Why.LEAST: (-1013, "Filter failure: LOT_SIZE"),
    Why.MOST: (-1013, "Filter failure: LOT_SIZE"),
    Why.VALUE: (-1013, "Filter failure: NOTIONAL"),
    Why.WOULD_TAKE: (-2010, "Order would immediately match and take."),
    Why.WOULD_TRIGGER: (-2010, "Order would trigger immediately."),
    Why.NOT_FOUND: (-2013, "Order does not exist."),
    Why.OVER: (-2011, "Unknown order sent."),
}
FUTURES = SPOT | {
    Why.FUNDS: (-2019, "Margin is insufficient."),
    Why.DUPLICATE: (-4116, "ClientOrderId is duplicated."),
    Why.NOT_TRADING: (-4108, "Symbol is on delivering or delivered or settling or closed or pre-trading"),
    Why.STEP: (-1111, "Precision is over the maximum defined for this asset."),
    Why.TICK: (-4014, "Price not increased by tick size."),
    Why.LEAST: (-4003, "Quantity less than or equal to zero."),
    Why.MOST: (-4005, "Quantity greater than max quantity."),
    Why.VALUE: (-4164, "Order's notional must be no smaller than 5 (unless you choose reduce only)."),
    Why.WOULD_TAKE: (
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected.",
    ),
    Why.WOULD_TRIGGER: (-2021, "Order would immediately trigger."),
    Why.REDUCE_ONLY: (-2022, "ReduceOnly Order is rejected."),
    Why.LEG: (-4061, "Order's position side does not match user's setting."),
}


def said(no: No, *, futures: bool) -> Refused:
    """A refusal in the words of one of the two services."""
    if no.why is Why.FIELD:
        words = f"Mandatory parameter '{no.words}' was not sent, was empty/null, or malformed."
        return refused(-1102, words)
    code, words = (FUTURES if futures else SPOT)[no.why]
    return refused(code, words)
