"""What TWS says in numbers, as one table.

Sources: the vendor's list of message codes; which of them leave an order alive: ib_async's own list, read and tested.

| kind           | what it means for us                                                                  |
| -------------- | ------------------------------------------------------------------------------------- |
| INFORMATION    | nothing: farms are connected, data is delayed                                         |
| WARNING        | on an order: it lives, and the words stay beside it                                   |
| UPSTREAM_LOST  | TWS lost IB: reads under way prove nothing, writes are ambiguous, until it is restored |
| RESTORED       | 1102 with all data; 1101 without: a new connection, a new snapshot, executions again   |
| CLIENT_ID      | another program has this client id                                                     |
| CANCELLED      | the order is cancelled                                                                 |
| REFUSED        | no, and final: `leaf` says which no; the words may say more                            |
| PACING         | too many requests: nothing was done                                                    |
| UNAVAILABLE    | not now                                                                                |

A code that is not here is REFUSED where it is about a request or an order being sent, and information otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tieout.errors import (
    BrokerError,
    InsufficientFunds,
    InvalidOrder,
    MarketClosed,
    NotFound,
    NotTradable,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
)

BROKER = "ibkr"


class Kind(StrEnum):
    """What a code means for us."""

    INFORMATION = "information"
    WARNING = "warning"
    UPSTREAM_LOST = "upstream lost"
    RESTORED = "restored"
    RESTORED_EMPTY = "restored, data lost"
    CLIENT_ID = "client id in use"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    PACING = "pacing"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Code:
    """One line of the table."""

    kind: Kind
    leaf: type[BrokerError] = Rejected


def _refused(leaf: type[BrokerError]) -> Code:
    return Code(Kind.REFUSED, leaf)


CODES: Mapping[int, Code] = {
    100: Code(Kind.PACING, RateLimited),  # more than 50 messages in a second; the third time TWS hangs up
    103: _refused(InvalidOrder),  # duplicate order id: this message was not taken
    104: _refused(InvalidOrder),  # a filled order cannot be changed
    105: Code(Kind.WARNING),
    106: _refused(InvalidOrder),
    107: _refused(InvalidOrder),
    109: _refused(InvalidOrder),  # price outside the range of the precautionary settings
    110: _refused(InvalidOrder),  # price off the tick; on a new order it ends it
    111: _refused(InvalidOrder),
    113: _refused(InvalidOrder),
    116: _refused(InvalidOrder),
    117: _refused(InvalidOrder),
    118: _refused(InvalidOrder),
    119: _refused(InvalidOrder),
    121: _refused(InvalidOrder),
    122: _refused(InvalidOrder),
    125: _refused(InvalidOrder),
    126: _refused(InvalidOrder),
    131: _refused(InvalidOrder),
    132: _refused(InvalidOrder),
    133: _refused(InvalidOrder),
    134: _refused(InvalidOrder),
    135: _refused(NotFound),  # can't find order with that id
    136: _refused(InvalidOrder),  # cannot be cancelled any more
    140: _refused(InvalidOrder),
    141: _refused(InvalidOrder),
    144: _refused(InvalidOrder),
    145: _refused(InvalidOrder),
    146: _refused(InvalidOrder),
    147: _refused(InvalidOrder),
    152: _refused(InvalidOrder),
    154: _refused(MarketClosed),  # orders cannot be transmitted for a halted security
    161: _refused(InvalidOrder),  # cancel attempted when the order is not in a cancellable state
    162: Code(Kind.UNAVAILABLE, Unavailable),  # historical data: pacing, or none
    165: Code(Kind.WARNING),
    200: _refused(NotTradable),
    201: _refused(Rejected),  # the words say why
    202: Code(Kind.CANCELLED),
    203: _refused(NotTradable),  # not available or allowed for this account
    300: Code(Kind.INFORMATION),
    309: Code(Kind.UNAVAILABLE, Unavailable),
    321: _refused(InvalidOrder),  # the server could not validate the request; also: the API is read-only
    322: Code(Kind.UNAVAILABLE, Unavailable),  # duplicate request, or too many summaries at once
    326: Code(Kind.CLIENT_ID, Unavailable),
    329: Code(Kind.WARNING),
    354: _refused(Rejected),  # market data is not subscribed
    355: _refused(InvalidOrder),
    382: _refused(InvalidOrder),
    383: _refused(InvalidOrder),  # size above the precautionary limit
    387: _refused(InvalidOrder),  # order type not supported for this exchange
    388: _refused(InvalidOrder),
    391: _refused(InvalidOrder),
    392: _refused(InvalidOrder),
    399: Code(Kind.WARNING),  # held until the market opens, or repriced
    404: Code(Kind.WARNING),  # shares are being located; the order is held
    434: _refused(InvalidOrder),  # size of zero
    435: _refused(InvalidOrder),  # an account must be named
    436: _refused(InvalidOrder),
    460: _refused(NotTradable),  # no trading permission
    461: _refused(InvalidOrder),
    492: Code(Kind.WARNING),
    502: Code(Kind.UNAVAILABLE, Unavailable),
    503: Code(Kind.UNAVAILABLE, Unavailable),
    504: Code(Kind.UNAVAILABLE, Unavailable),
    507: Code(Kind.UNAVAILABLE, Unavailable),
    1100: Code(Kind.UPSTREAM_LOST, Unavailable),
    1101: Code(Kind.RESTORED_EMPTY),
    1102: Code(Kind.RESTORED),
    1300: Code(Kind.UPSTREAM_LOST, Unavailable),  # the socket port was changed; this connection ends
    2103: Code(Kind.INFORMATION),  # a market data farm is broken; 2104 is the good news
    2104: Code(Kind.INFORMATION),
    2105: Code(Kind.INFORMATION),
    2106: Code(Kind.INFORMATION),
    2107: Code(Kind.INFORMATION),
    2108: Code(Kind.INFORMATION),
    2110: Code(Kind.UPSTREAM_LOST, Unavailable),  # TWS lost its server; restored without 1102 at times
    2119: Code(Kind.INFORMATION),
    2137: Code(Kind.WARNING),
    2158: Code(Kind.INFORMATION),
    10147: _refused(NotFound),  # the order to cancel is not found
    10148: _refused(InvalidOrder),  # the order to cancel is over
    10167: Code(Kind.INFORMATION),  # delayed market data
    10197: Code(Kind.UNAVAILABLE, Unavailable),  # no market data during a competing live session
}

_ORDER_WARNINGS = range(2100, 2200)
_WORDS: tuple[tuple[re.Pattern[str], type[BrokerError]], ...] = (
    (re.compile(r"insufficient|not sufficient|exceed.*(available|equity|funds)|margin"), InsufficientFunds),
    (re.compile(r"no trading permission|not available for trading|not tradable|closing only"), NotTradable),
    (re.compile(r"exchange is closed|market is closed|does not trade now|outside (of )?.*trading hours"), MarketClosed),
    (re.compile(r"auction|too late"), MarketClosed),
)
_READ_ONLY = re.compile(r"read-only", re.IGNORECASE)


def code_of(number: int) -> Code:
    """The line of a code."""
    known = CODES.get(number)
    if known is not None:
        return known
    return Code(Kind.WARNING) if number in _ORDER_WARNINGS else _refused(Rejected)


def error_of(number: int, words: str) -> BrokerError:
    """The leaf that a code and its words mean, for a request or an order being sent."""
    leaf = code_of(number).leaf
    if _READ_ONLY.search(words):
        leaf = Unauthorised
    elif leaf in (Rejected, InvalidOrder) and number != 354:
        lower = words.lower()
        leaf = next((found for pattern, found in _WORDS if pattern.search(lower)), leaf)
    return leaf(BROKER, words, code=str(number))
