"""A venue's no, whatever body and status it has there."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from simulator.protocols.wire import FaceAnswer, to_json
from tieout.errors import (
    DuplicateOrder,
    InsufficientFunds,
    InvalidOrder,
    MarketClosed,
    NotFound,
    NotTradable,
    Rejected,
)


class Why(StrEnum):
    """Why a coin venue refuses an order; each venue has its own code for it."""

    FUNDS = "funds"
    DUPLICATE = "duplicate"
    UNKNOWN_SYMBOL = "unknown symbol"
    NOT_TRADING = "not trading"  # delisted, or halted
    STEP = "step"  # the quantity is off its grid
    TICK = "tick"  # the price is off its grid
    LEAST = "least"  # less than the smallest quantity
    MOST = "most"
    VALUE = "value"  # less than the smallest worth
    WOULD_TAKE = "would take"  # a post-only order that would trade at once
    WOULD_TRIGGER = "would trigger"  # a stop that is reached already
    REDUCE_ONLY = "reduce only"
    LEG = "leg"  # the leg does not fit the position mode
    NOT_FOUND = "not found"
    OVER = "over"  # the order has ended already
    FIELD = "field"  # something is missing or makes no sense


class No(Exception):
    """An order or request is refused; a face says it in its venue's words."""

    def __init__(self, why: Why, words: str = "") -> None:
        super().__init__(words or why)
        self.why = why
        self.words = words


class Refused(Exception):
    """An answer that is a refusal, ready to be sent."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.answer = FaceAnswer(status, to_json(body), {"Content-Type": "application/json", **(headers or {})})


_LEAVES: dict[type[Rejected], Why] = {
    InsufficientFunds: Why.FUNDS,
    DuplicateOrder: Why.DUPLICATE,
    NotTradable: Why.NOT_TRADING,
    MarketClosed: Why.NOT_TRADING,
    NotFound: Why.NOT_FOUND,
    InvalidOrder: Why.FIELD,
}


def no_of(error: Rejected) -> No:
    """The simulated account's refusal as one of a coin venue."""
    return No(_LEAVES.get(type(error), Why.FIELD), error.reason)
