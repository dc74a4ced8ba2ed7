"""What happens to an account without our book knowing it, and the calendar of corporate actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal

from simulator.contracts import DecidedBy
from simulator.exercise import Choice
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.orders import OrderType, Side, TimeInForce


@dataclass(frozen=True, slots=True)
class Split:
    """`ratio` new shares for each old one, from the open of `ex_date` (4 for 4:1, 0.1 for 1:10)."""

    instrument: Instrument
    ex_date: date
    ratio: Decimal

    def __post_init__(self) -> None:
        if self.ratio <= 0 or self.ratio == 1:
            raise ValueError(f"split of {self.instrument.symbol}: a ratio of {self.ratio} splits nothing")


@dataclass(frozen=True, slots=True)
class Dividend:
    """Cash per share for whoever held before the open of `ex_date`, paid on `pay_date`; shorts pay it.

    per_share    instrument currency, above zero
    withheld     part of it kept back as tax, 0 to 1
    """

    instrument: Instrument
    ex_date: date
    pay_date: date
    per_share: Decimal
    withheld: Decimal = ZERO

    def __post_init__(self) -> None:
        if self.per_share <= 0 or not 0 <= self.withheld <= 1 or self.pay_date < self.ex_date:
            raise ValueError(f"dividend of {self.instrument.symbol}: {self}")


CorporateAction = Split | Dividend


@dataclass(frozen=True, slots=True)
class Trade:
    """An order of the desk.

    account   the name it has in the scenario
    session   number in the scenario, the first is 1
    at        local time of the calendar
    key       what the client order id is made from; derived from the rest where left out
    heard     False: the broker fills it, and its report never reaches the desk
    late      how long after the fill the broker's records show it
    """

    account: str
    session: int
    at: time
    instrument: Instrument
    side: Side
    quantity: Decimal
    order_type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.DAY
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    key: str = ""
    heard: bool = True
    late: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class ManualTrade:
    """Somebody trades in the broker's own app, past the desk."""

    account: str
    session: int
    at: time
    instrument: Instrument
    side: Side
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Transfer:
    """Cash comes in, or goes out where negative."""

    account: str
    session: int
    at: time
    amount: Decimal
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Instruct:
    """The desk tells the broker to exercise a long option, or not to.

    contracts   how many; None: all that are held when it is carried out
    """

    account: str
    session: int
    at: time
    contract: Instrument
    choice: Choice
    contracts: Decimal | None = None


@dataclass(frozen=True, slots=True)
class StrangersExercise:
    """Holders outside the story exercise on the evening of `day`, instead of what they would do by themselves.

    contracts   how many of theirs; None: all
    """

    contract: Instrument
    day: date
    contracts: int | None = None


@dataclass(frozen=True, slots=True)
class Fixing:
    """An official price that is not that of the bell's own tick: the close, or the special opening quotation."""

    instrument: Instrument
    day: date
    decided_by: DecidedBy
    price: Decimal


Event = Trade | ManualTrade | Transfer | Instruct
