"""The paper broker's refusals to leaves of the error tree: its codes say what they mean.

| status, code            | leaf              |
| ----------------------- | ----------------- |
| 401 unauthorised        | Unauthorised      |
| 403 insufficient_funds  | InsufficientFunds |
| 404 order_not_found     | NotFound          |
| 409 duplicate_order     | DuplicateOrder    |
| 422 invalid_order       | InvalidOrder      |
| 422 not_tradable        | NotTradable       |
| 422 market_closed       | MarketClosed      |
| any other               | Rejected          |
"""

from __future__ import annotations

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

BROKER = "paper"
_LEAVES: dict[str, type[Rejected]] = {
    "unauthorised": Unauthorised,
    "insufficient_funds": InsufficientFunds,
    "order_not_found": NotFound,
    "duplicate_order": DuplicateOrder,
    "invalid_order": InvalidOrder,
    "not_tradable": NotTradable,
    "market_closed": MarketClosed,
}


def refused(refusal: Refusal) -> BrokerError:
    """The leaf for a 4xx with the venue's own body."""
    leaf = Unauthorised if refusal.status == 401 else _LEAVES.get(refusal.code or "", Rejected)
    return leaf(BROKER, refusal.message, code=refusal.code)
