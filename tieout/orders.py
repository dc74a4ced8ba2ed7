"""Orders as we decide them and as a venue reports them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from tieout.ids import BrokerOrderId, ClientOrderId
from tieout.instruments import Instrument


class Side(StrEnum):
    """Direction of an order or execution; quantities beside it count up from zero."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class TimeInForce(StrEnum):
    DAY = "day"
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    OPEN = "opg"
    CLOSE = "cls"


class OrderState(StrEnum):
    """Where an order stands. `unknown` means: outcome not known, to be looked up. Never a guess."""

    PLANNED = "planned"
    DENIED = "denied"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    DECLINED = "declined"
    LAPSED = "lapsed"
    SENDING = "sending"
    UNKNOWN = "unknown"
    WORKING = "working"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    REPLACED = "replaced"

    @property
    def is_live(self) -> bool:
        """Whether the order may still trade at the venue."""
        return self in _LIVE


_LIVE = frozenset({OrderState.SENDING, OrderState.UNKNOWN, OrderState.WORKING, OrderState.PARTIALLY_FILLED})


@dataclass(frozen=True, slots=True)
class OrderLeg:
    """One leg of a multi-leg option order.

    ratio     contracts of this leg per unit of the order, above zero
    opens     True opens a position, False closes one, None leaves it to the venue
    """

    instrument: Instrument
    side: Side
    ratio: int = 1
    opens: bool | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be sent: one intent rendered for one venue.

    quantity       units, above zero; the side carries the sign
    limit_price    currency per unit of underlying, where the type needs one
    trail_amount   trailing stop: currency per unit behind the best price since; or
    trail_percent  the same as a fraction, 0.02 for two percent
    take_profit    limit price of the order that closes with a gain, sent with this one where the venue has that
    stop_loss      stop price of the order that closes with a loss, sent with this one where the venue has that.
                   Both, on an order that opens, make a bracket; on one that closes, one cancels the other (`is_exit`)
    is_exit        the order itself closes a position: with both prices it is an OCO pair and needs no order of its own
    legs           the legs of a multi-leg order; `instrument` is then their underlying
    """

    client_order_id: ClientOrderId
    instrument: Instrument
    side: Side
    quantity: Decimal
    order_type: OrderType
    time_in_force: TimeInForce
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    extended_hours: bool = False
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    is_exit: bool = False
    legs: tuple[OrderLeg, ...] = ()

    def __post_init__(self) -> None:
        if self.quantity <= 0:
            raise ValueError(f"order quantity counts up from zero, was {self.quantity}")


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the venue says of one order.

    quantity          None where the venue took a notional amount instead
    filled_quantity   units filled so far, zero or above
    submitted_at      UTC
    legs              the legs of a multi-leg order, in the venue's sequence
    """

    broker_order_id: BrokerOrderId
    client_order_id: ClientOrderId | None
    state: OrderState
    instrument: Instrument | None
    side: Side | None
    quantity: Decimal | None
    filled_quantity: Decimal
    average_fill_price: Decimal | None = None
    order_type: OrderType | None = None
    time_in_force: TimeInForce | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    submitted_at: datetime | None = None
    updated_at: datetime | None = None
    replaces: BrokerOrderId | None = None
    replaced_by: BrokerOrderId | None = None
    venue_status: str = ""
    legs: tuple[OrderReport, ...] = ()
