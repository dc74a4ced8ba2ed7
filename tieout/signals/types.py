"""What a signal is, and what becomes of one that cannot be taken. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from tieout.ids import AccountId, SignalId
from tieout.instruments import Instrument
from tieout.orders import OrderType, Side, TimeInForce
from tieout.risk.limits import Sizing
from tieout.risk.sizing import Edge

Scalar = str | bool | None
"""A value as it was written: numbers too are the text that stood there, so no digit is lost."""
Kept = Scalar | list["Kept"] | dict[str, "Kept"]


class SignalState(StrEnum):
    """Where a signal stands."""

    PENDING = "pending"
    REFUSED = "refused"
    EXPIRED = "expired"
    TAKEN = "taken"  # an execution window has it
    DONE = "done"


MOVES: Mapping[SignalState, frozenset[SignalState]] = {
    SignalState.PENDING: frozenset({SignalState.TAKEN, SignalState.REFUSED, SignalState.EXPIRED}),
    SignalState.TAKEN: frozenset({SignalState.DONE, SignalState.REFUSED}),
    SignalState.REFUSED: frozenset(),
    SignalState.EXPIRED: frozenset(),
    SignalState.DONE: frozenset(),
}
"""From each state to those that may follow."""


class Source(StrEnum):
    """The way in."""

    FOLDER = "folder"
    TABLE = "table"
    WEBHOOK = "webhook"
    COMMAND = "command"


class RefusalCode(StrEnum):
    """Why a signal was not taken."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_FORMAT = "unknown_format"
    MISSING = "missing"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_WORD = "not_a_word"
    SIZE = "size"
    PRICE = "price"
    SYMBOL = "symbol"
    ORDER_TYPE = "order_type"
    STRATEGY = "strategy"
    ACCOUNT = "account"
    WINDOW = "window"
    TIME = "time"
    TOO_OLD = "too_old"
    EXPIRED = "expired"
    ID = "id"
    DUPLICATE_ID = "duplicate_id"
    WRONG_SECRET = "wrong_secret"  # noqa: S105  # pragma: allowlist secret
    WRONG_ADDRESS = "wrong_address"


@dataclass(frozen=True, slots=True)
class Signal:
    """An outside wish to trade. Never an order.

    signal_id         the sender's own id, or made from the content
    content_hash      the same for the same wish, however its fields were ordered or written
    account_id        None leaves the account to the execution window
    quantity          units, above zero; or
    notional          instrument currency, above zero; or
    percent           share of equity, 0.05 for five per cent. With none of the three sizing decides
    prices            instrument currency per unit of underlying, above zero
    trail_percent     a share of the price, 0.02 for two per cent
    time_in_force     None leaves it to the window
    window            name of an execution window; None is the next one
    sent_at           UTC, as the sender says; None where they do not
    expires_at        UTC; not acted on from then on
    received_at       UTC
    convexity_score, sizing, atr, edge      what sizing and risk may be told by a strategy
    raw               what was sent, secrets removed
    """

    signal_id: SignalId
    content_hash: str
    strategy: str
    instrument: Instrument
    side: Side
    source: Source
    received_at: datetime
    expires_at: datetime
    account_id: AccountId | None = None
    quantity: Decimal | None = None
    notional: Decimal | None = None
    percent: Decimal | None = None
    order_type: OrderType = OrderType.MARKET
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    time_in_force: TimeInForce | None = None
    extended_hours: bool = False
    window: str | None = None
    sent_at: datetime | None = None
    convexity_score: Decimal | None = None
    sizing: Sizing | None = None
    atr: Decimal | None = None
    edge: Edge | None = None
    note: str = ""
    raw: Mapping[str, Kept] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A wish that was not taken.

    words         one sentence for the sender
    field_name    the sender's own name of the field that is wrong, empty where it is not one field
    raw           what was sent, secrets removed
    """

    code: RefusalCode
    words: str
    source: Source
    received_at: datetime
    field_name: str = ""
    strategy: str | None = None
    account_id: AccountId | None = None
    raw: Mapping[str, Kept] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Code and words, as stored and shown."""
        return f"{self.code.value}: {self.words}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """How and when something came in.

    strategy    named by the way in (the webhook's path), None where only the content can name it
    """

    source: Source
    received_at: datetime
    strategy: str | None = None


class RefusedError(Exception):
    """Carries a refusal out of the readers of this package; never seen outside it."""

    def __init__(self, code: RefusalCode, words: str, field_name: str = "") -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.field_name = field_name
