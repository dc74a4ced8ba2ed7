"""Halting by hand: what a person wants stopped, which orders that is about, which orders close a position. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from tieout.breakers import ALL_ACCOUNTS, BreakerName, TradingState, Trip
from tieout.errors import DataError
from tieout.ids import AccountId, IntentId
from tieout.instruments import Instrument
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderReport, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Placement
from tieout.risk.limits import CRYPTO_CLASSES
from tieout.risk.types import Holding

FLATTEN = "flatten"  # the window of closing orders: none of tieout.toml's, and no schedule starts it
PATIENCE = timedelta(minutes=2)  # for cancels to be confirmed, and for closing orders to fill
WAITING = frozenset({OrderState.AWAITING_APPROVAL, OrderState.APPROVED})  # decided, and not at any venue


@dataclass(frozen=True, slots=True)
class Halt:
    """What a person wants.

    scope      one account, or ALL_ACCOUNTS
    accounts   those that it is about by name
    cancel     orders at the venue are cancelled too; always so where positions are closed
    live       accounts with real money may send closing orders in this run
    """

    scope: AccountId
    accounts: tuple[AccountId, ...]
    reason: str
    by: str
    cancel: bool = False
    flatten: bool = False
    reduce_only: bool = False
    live: bool = False

    def __post_init__(self) -> None:
        if not self.reason.strip() or not self.by.strip():
            raise DataError("halting needs a name and a reason")

    @property
    def cancels(self) -> bool:
        """A position cannot be closed safely while other orders may still trade it."""
        return self.cancel or self.flatten

    @property
    def trip(self) -> Trip:
        """The breaker that goes off."""
        effect = TradingState.REDUCE_ONLY if self.reduce_only else TradingState.HALTED
        return Trip(self.scope, BreakerName.MANUAL, self.reason.strip(), effect)

    @property
    def words(self) -> str:
        """Who and why, as it stands in the history of each order."""
        return f"halted by {self.by.strip()}: {self.reason.strip()}"

    @property
    def who(self) -> str:
        """What is halted, as people say it."""
        return "all accounts" if self.scope == ALL_ACCOUNTS else str(self.scope)

    def concerns(self, row: Placement) -> bool:
        """Whether an intent is to be withdrawn: what waits always, what may be at a venue where that is asked for."""
        return row.state in WAITING or (self.cancels and not row.ended)


@dataclass(frozen=True, slots=True)
class Group:
    """Orders that one lease guards.

    account_id, window   of the run that sent them; an heir works at another account under its parent's lease
    """

    lease_key: str
    account_id: AccountId
    window: str
    intents: tuple[IntentId, ...]


@dataclass(frozen=True, slots=True)
class Closing:
    """Closing orders of one account.

    refused    positions that are left alone, each with the reason
    """

    placements: tuple[Placement, ...]
    refused: tuple[str, ...]


def closing(
    halt: Halt,
    account_id: AccountId,
    holdings: Iterable[Holding],
    at_venue: Iterable[OrderReport],
    *,
    key: str,
    day: date,
    now: datetime,
) -> Closing:
    """One market order against each position, for exactly what is held.

    at_venue   orders that are still open there: one that trades the same way could carry a position across zero
    key        of this halt: asked again with the same one, the orders are the same
    now        UTC
    """
    open_orders = tuple(at_venue)
    placements, refused = [], []
    for one in sorted(holdings, key=lambda one: one.instrument.symbol):
        if one.quantity == 0:
            continue
        if _is_contested(one, open_orders):
            refused.append(f"{one.instrument.symbol}: an order that is not ours is open, and both could trade")
            continue
        placements.append(_closing(halt, account_id, one, key, day, now))
    return Closing(tuple(placements), tuple(refused))


def _closing(halt: Halt, account_id: AccountId, held: Holding, key: str, day: date, now: datetime) -> Placement:
    name = intent_id(account_id, FLATTEN, key, held.instrument.symbol)
    order = Order(
        order_id_of(name),
        held.instrument,
        _side_against(held.quantity),
        abs(held.quantity),
        OrderType.MARKET,
        TimeInForce.GTC if held.instrument.asset_class in CRYPTO_CLASSES else TimeInForce.DAY,
    )
    decided = Intent(name, account_id, order, day, now, proposer=halt.by.strip(), window=FLATTEN)
    return Placement(replace(decided, valid_until=now + PATIENCE), OrderState.PLANNED)


def _side_against(quantity: Decimal) -> Side:
    return Side.SELL if quantity > 0 else Side.BUY


def _is_contested(held: Holding, open_orders: Iterable[OrderReport]) -> bool:
    wanted = (held.instrument.symbol, _side_against(held.quantity))
    return any(trade is None or trade == wanted for one in open_orders for trade in _trades(one))


def _trades(report: OrderReport) -> Iterator[tuple[str, Side] | None]:
    """What an order may trade; None where the venue does not say, which may be anything."""
    named: list[tuple[Instrument | None, Side | None]] = [(leg.instrument, leg.side) for leg in report.legs]
    for instrument, side in named or [(report.instrument, report.side)]:
        yield None if instrument is None or side is None else (instrument.symbol, side)
