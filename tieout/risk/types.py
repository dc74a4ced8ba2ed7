"""What a rule is given to judge an order by, and what it answers. Pure values.

Everything that must be known and is not is None, and costs the order its passage: a missing fact is never a pass.
Money is in the account's base currency unless a line says otherwise; quantities are in units, signed where said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tieout.accounts import Account
from tieout.breakers import Breaker, TradingState
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO
from tieout.orders import OrderType, Side, TimeInForce
from tieout.risk.codes import DenialCode
from tieout.risk.limits import Limits

LARGEST = Decimal(10) ** 20  # what the stores hold before the point
LEAST = Decimal(10) ** -30  # nothing that is measured is smaller, but zero


class SessionState(StrEnum):
    """Where the instrument's market stands."""

    OPEN = "open"
    PRE = "pre"
    POST = "post"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Denial:
    """Why an order must not be sent.

    words     one sentence with the numbers in it
    numbers   the same numbers by name, for the approver and for later
    """

    code: DenialCode
    words: str
    numbers: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VenueRules:
    """What the venue takes, as plain values; `brokers.base.Capabilities` told without importing it.

    fractional            classes of which parts of a unit can be traded
    fractional_day_only   classes whose fractional orders must be day orders
    """

    broker: str
    asset_classes: frozenset[AssetClass]
    order_types: frozenset[OrderType]
    times_in_force: frozenset[TimeInForce]
    fractional: frozenset[AssetClass] = frozenset()
    fractional_day_only: frozenset[AssetClass] = frozenset({AssetClass.EQUITY})
    extended_hours: bool = False
    multi_leg: bool = False


@dataclass(frozen=True, slots=True)
class InstrumentFacts:
    """What the venue says an instrument is.

    lot            least step of the quantity, units; None: one whole unit, or any part of it where fractionable
    tick           least step of a price, instrument currency; None: the rule of its class, where there is one
    min_notional   least worth of an order, instrument currency
    sector         empty where not known
    """

    instrument: Instrument
    tradable: bool
    fractionable: bool = False
    shortable: bool = False
    lot: Decimal | None = None
    tick: Decimal | None = None
    min_notional: Decimal = ZERO
    sector: str = ""

    def __post_init__(self) -> None:
        _all_numbers(self)
        if any(step is not None and step <= 0 for step in (self.lot, self.tick)):
            raise ValueError(f"{self.instrument.symbol}: lot and tick must be above zero")


@dataclass(frozen=True, slots=True)
class Market:
    """What an instrument trades at, instrument currency per unit; None where not known.

    day_low, day_high   of today's session
    seen_at             UTC, when the venue quoted it
    """

    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    day_low: Decimal | None = None
    day_high: Decimal | None = None
    seen_at: datetime | None = None

    def __post_init__(self) -> None:
        _all_numbers(self)
        if self.seen_at is not None and self.seen_at.tzinfo is None:
            raise ValueError("a quote needs the time with its zone")


@dataclass(frozen=True, slots=True)
class Holding:
    """One position.

    quantity        signed units
    market_value    signed; None where it has no price
    opened_today    signed units that were opened in today's session and are still held
    """

    instrument: Instrument
    quantity: Decimal
    market_value: Decimal | None
    sector: str = ""
    opened_today: Decimal = ZERO

    def __post_init__(self) -> None:
        _all_numbers(self)


@dataclass(frozen=True, slots=True)
class Reservation:
    """What an order that may still trade, or a failover that is not proven, keeps for itself.

    quantity          units that may still trade, above zero
    money             exposure that they would open and cash that they would take; zero where they only close
    key               client order id, or a name of the escrow
    in_buying_power   whether the venue's own buying power is already less by it: orders that it has reported working
    """

    instrument: Instrument
    side: Side
    quantity: Decimal
    money: Decimal
    key: str
    sector: str = ""
    in_buying_power: bool = False

    def __post_init__(self) -> None:
        _all_numbers(self)
        if self.quantity < 0 or self.money < 0:
            raise ValueError(f"reservation {self.key}: quantity and money count up from zero")


@dataclass(frozen=True, slots=True)
class RiskContext:
    """Everything the rules may look at; one account at one moment.

    now                UTC
    facts, markets     by symbol; a symbol without facts is not known to the venue
    holdings           by symbol, those with quantity zero left out or not
    rates              base currency per unit of another currency
    cash, settled_cash, buying_power, equity
    day_start_equity   at the end of the session before, deposits and withdrawals of today applied
    peak_equity        highest equity seen, the same way
    margin_excess      equity above the maintenance margin, as the broker or the ledger says
    trades_today       orders that opened something in today's session
    day_trades         round trips within one session, over the last five sessions including today's
    convexity_score    what the signal brought
    account_state, instrument_states     from `tieout.breakers.trading_state`; instruments not named are active
    breakers           those that the states were reckoned from
    flatten            a person asked to close everything: a halt then lets through what only closes
    """

    account: Account
    limits: Limits
    venue: VenueRules
    now: datetime
    session: SessionState
    facts: Mapping[str, InstrumentFacts] = field(default_factory=dict)
    markets: Mapping[str, Market] = field(default_factory=dict)
    holdings: Mapping[str, Holding] = field(default_factory=dict)
    reservations: tuple[Reservation, ...] = ()
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    cash: Decimal | None = None
    settled_cash: Decimal | None = None
    buying_power: Decimal | None = None
    equity: Decimal | None = None
    day_start_equity: Decimal | None = None
    peak_equity: Decimal | None = None
    margin_excess: Decimal | None = None
    trades_today: int | None = None
    day_trades: int | None = None
    convexity_score: Decimal | None = None
    account_state: TradingState = TradingState.ACTIVE
    instrument_states: Mapping[str, TradingState] = field(default_factory=dict)
    breakers: tuple[Breaker, ...] = ()
    flatten: bool = False

    def __post_init__(self) -> None:
        _all_numbers(self)
        for currency, rate in self.rates.items():
            if not is_usable(rate) or rate <= 0:
                raise ValueError(f"the rate of {currency} must be a number above zero, was {rate}")
        if self.now.tzinfo is None:
            raise ValueError("a risk context needs the time with its zone")

    def held(self, symbol: str) -> Decimal:
        """Signed units of a position; zero where there is none."""
        holding = self.holdings.get(symbol)
        return holding.quantity if holding else ZERO


def is_usable(number: Decimal) -> bool:
    """Whether a number can be reckoned with: finite, and of a size that money, prices and quantities have."""
    return number.is_finite() and (number == 0 or LEAST <= abs(number) < LARGEST)


def _all_numbers(value: Any) -> None:
    """Refuse NaN, infinities and numbers that no store holds.

    raises    ValueError naming the field
    """
    for one in fields(value):
        number = getattr(value, one.name)
        if isinstance(number, Decimal) and not is_usable(number):
            raise ValueError(f"{type(value).__name__}.{one.name} is no usable number: {number}")
