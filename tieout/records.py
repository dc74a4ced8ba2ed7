"""What a broker reports as having happened: executions (trades) and activities (everything else)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from enum import StrEnum
from typing import Generic, TypeVar

from tieout.ids import ActivityId, BrokerOrderId, ClientOrderId, ExecutionId
from tieout.instruments import Instrument
from tieout.money import SCALE, ZERO
from tieout.orders import Side

RecordT = TypeVar("RecordT")
_EXACT = Context(prec=76, rounding=ROUND_HALF_EVEN)  # wide enough for a product of two 38-digit numbers
_LAST_DIGIT = Decimal(1).scaleb(-SCALE)


class ActivityKind(StrEnum):
    """A non-trade event. `opening` and `adjustment` are ours: a signed-off import and a signed-off correction."""

    ASSIGNMENT = "assignment"
    EXERCISE = "exercise"
    EXPIRATION = "expiration"
    OPTION_TRADE = "option_trade"  # the stock or cash leg of an assignment or exercise
    DIVIDEND = "dividend"
    WITHHOLDING = "withholding"
    SPLIT = "split"
    MERGER = "merger"
    SPINOFF = "spinoff"
    SYMBOL_CHANGE = "symbol_change"
    RIGHTS = "rights"
    FEE = "fee"
    INTEREST = "interest"
    FUNDING = "funding"  # of a perpetual, above zero where it was received
    LIQUIDATION = "liquidation"  # units that the venue closed for want of margin
    DELEVERAGING = "deleveraging"  # units that the venue closed against a bankrupt counterparty
    CONVERSION = "conversion"  # one coin into another or into money, outside the order book; dust among them
    REWARD = "reward"  # coins for staking, rebates, airdrops
    TRANSFER = "transfer"  # cash or securities in or out
    JOURNAL = "journal"  # between sub-accounts at the same broker
    OPENING = "opening"
    ADJUSTMENT = "adjustment"
    OTHER = "other"  # a type we do not know: kept, never booked by itself


class RecordStatus(StrEnum):
    """Whether a record stands, replaces an earlier one of the same id, or takes it back."""

    EXECUTED = "executed"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Execution:
    """One trade as the broker's record of it.

    quantity      units, above zero; the side carries the sign
    price         instrument currency per unit of underlying
    fee           amount paid, above zero is a cost, in fee_currency
    executed_at   UTC
    """

    execution_id: ExecutionId
    instrument: Instrument
    side: Side
    quantity: Decimal
    price: Decimal
    executed_at: datetime
    fee: Decimal = ZERO
    fee_currency: str = "USD"
    client_order_id: ClientOrderId | None = None
    broker_order_id: BrokerOrderId | None = None
    status: RecordStatus = RecordStatus.EXECUTED

    def __post_init__(self) -> None:
        if self.quantity <= 0:
            raise ValueError(f"execution {self.execution_id}: quantity counts up from zero, was {self.quantity}")
        if self.executed_at.tzinfo is None:
            raise ValueError(f"execution {self.execution_id}: executed_at needs a time zone")

    @property
    def signed_quantity(self) -> Decimal:
        """Change of the position: positive for a buy."""
        return self.quantity if self.side is Side.BUY else self.quantity.copy_negate()

    @property
    def cash_change(self) -> Decimal:
        """Change of cash in the instrument's currency, fee not included, to the digits that the stores hold."""
        with localcontext(_EXACT):
            cash = -self.instrument.value(self.signed_quantity, self.price)
            return cash if cash == cash.quantize(_LAST_DIGIT) else cash.quantize(_LAST_DIGIT)


@dataclass(frozen=True, slots=True)
class Activity:
    """One non-trade event in an account.

    quantity      signed change of the position in `instrument`, zero for pure cash
    price         per unit, where the event has one (strike of an assignment, dividend per share)
    amount        signed change of cash in `currency`, fees included
    occurred_at   UTC; for venues that give only a date: midnight of that date in the venue's zone
    settles_on    date the cash moves, where the venue says
    group_id      joins the legs of one event
    ratio         new shares per old share of a split, exact (4 for 4:1, 0.1 for 1:10)
    """

    activity_id: ActivityId
    kind: ActivityKind
    occurred_at: datetime
    instrument: Instrument | None = None
    quantity: Decimal = ZERO
    price: Decimal | None = None
    amount: Decimal = ZERO
    currency: str = "USD"
    settles_on: date | None = None
    group_id: str | None = None
    ratio: Decimal | None = None
    status: RecordStatus = RecordStatus.EXECUTED
    venue_kind: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        if self.occurred_at.tzinfo is None:
            raise ValueError(f"activity {self.activity_id}: occurred_at needs a time zone")
        if self.quantity != 0 and self.instrument is None:
            raise ValueError(f"activity {self.activity_id}: a change of quantity needs its instrument")


@dataclass(frozen=True, slots=True)
class Fetched(Generic[RecordT]):
    """A list read to its end, with the rows that could not be turned into records, word for word.

    pages       pages read, the last one seen
    unmapped    raw rows with an instrument or shape we do not know; never dropped silently
    """

    records: tuple[RecordT, ...]
    pages: int
    unmapped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """What a broker says happened in one account over (since, until], UTC."""

    since: datetime
    until: datetime
    executions: Fetched[Execution]
    activities: Fetched[Activity]
