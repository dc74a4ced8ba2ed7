"""Alpaca's own 4xx answers to leaves of the error tree.

| status, code                 | words                                   | leaf              |
| ---------------------------- | --------------------------------------- | ----------------- |
| 401 40110000                 | access key verification failed          | Unauthorised      |
| 403 without a trading code   | forbidden.                              | Unauthorised      |
| 403 4031xxxx                 | insufficient buying power, … qty        | InsufficientFunds |
| 403 4031xxxx                 | anything else                           | Rejected          |
| 404 40410000                 | order not found, position does not exist| NotFound          |
| 422 40010001                 | client_order_id must be unique          | DuplicateOrder    |
| 422 40010001                 | could not find asset, … not tradable    | NotTradable       |
| 422, 400                     | anything else                           | InvalidOrder; for a read Rejected |

40010001 is also the general validation code: the words decide, as nothing else does.
"""

from __future__ import annotations

import re

from brokers.http.errors import Refusal
from tieout.errors import (
    BrokerError,
    DuplicateOrder,
    InsufficientFunds,
    InvalidOrder,
    MarketClosed,
    NotFound,
    NotTradable,
    Rejected,
    Unauthorised,
)

BROKER = "alpaca"
_TRADING = "4031"  # 403 codes that speak of an order, not of the key
_WORDS: tuple[tuple[re.Pattern[str], type[Rejected]], ...] = (
    (re.compile(r"client.?order.?id must be unique"), DuplicateOrder),
    (re.compile(r"insufficient"), InsufficientFunds),
    (re.compile(r"could not find asset|asset .* not found|not tradable|not active"), NotTradable),
    (re.compile(r"market is closed|market hours|outside of? (regular|market)"), MarketClosed),
)


def refused(refusal: Refusal) -> BrokerError:
    """The leaf for a 4xx with Alpaca's own body."""
    return _leaf(refusal)(BROKER, refusal.message, code=refusal.code)


def _leaf(refusal: Refusal) -> type[Rejected]:
    about_the_order = refusal.code is not None and refusal.code.startswith(_TRADING)
    if refusal.status == 401 or (refusal.status == 403 and not about_the_order):
        return Unauthorised
    if refusal.status == 404:
        return NotFound
    words = refusal.message.lower()
    for pattern, leaf in _WORDS:
        if refusal.writes and pattern.search(words):
            return leaf
    return InvalidOrder if refusal.writes and refusal.status in (400, 422) else Rejected
