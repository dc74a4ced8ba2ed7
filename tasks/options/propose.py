"""Proposals: intents and instructions that wait for a person. Nothing here trades; what nobody approves lapses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from tasks.accounts import open_broker, sessions_of
from tasks.clock import now
from tasks.log import run_logger
from tasks.options.instruct import propose_instruction
from tasks.stores import Stores
from tieout.closing import Close
from tieout.errors import BrokerError
from tieout.ids import IntentId
from tieout.instruments import Instrument
from tieout.intents import Intent, intent_id, order_id_of
from tieout.options.account import AccountForecast
from tieout.options.forecast import PositionForecast
from tieout.options.roll import Part, net_price, roll_orders, rolled
from tieout.options.suggest import Action, Suggestion
from tieout.orders import Order, OrderLeg, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Event, Placement
from tieout.recon.types import Severity

if TYPE_CHECKING:
    from brokers.base import Broker

PROPOSER = "options"
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One order that a person is to be asked about.

    position   symbol of the option it is about: a yes to one answer to it takes the others away
    beside     the intent that it belongs together with, where it is half of something
    """

    instrument: Instrument
    side: Side
    contracts: Decimal
    words: str
    until: datetime
    action: str
    legs: tuple[OrderLeg, ...] = ()
    position: str | None = None
    beside: str | None = None


def propose(stores: Stores, close: Close, found: AccountForecast, advice: Sequence[Suggestion]) -> tuple[str, ...]:
    """Ask a person about every suggestion that an order or an instruction would carry out, once.

    returns    the ids that were put now
    """
    positions = {one.contract.symbol: one for one in found.positions}
    wanted = {
        (one.symbol, one.action): one
        for one in advice
        if one.symbol is not None and one.contracts and one.severity is not Severity.INFO
    }
    if not wanted:
        return ()
    put: list[str] = []
    with open_broker(stores.settings, stores.settings.accounts[close.account_id]) as broker:
        for one in wanted.values():
            put += _put(stores, close, broker, positions[one.symbol or ""], one)
    return tuple(put)


def _put(stores: Stores, close: Close, broker: Broker, position: PositionForecast, one: Suggestion) -> Sequence[str]:
    if one.action is Action.CLOSE:
        return ask(stores, close, broker, _closing(position, one))
    if one.action is Action.ROLL:
        return _put_roll(stores, close, broker, position, one)
    return propose_instruction(stores, close, broker, position, one, PROPOSER)


def _closing(position: PositionForecast, one: Suggestion) -> Wanted:
    contract, units = position.contract, abs(position.contracts)
    side = Side.BUY if position.contracts < 0 else Side.SELL
    return Wanted(contract, side, units, one.words, one.by, one.action.value, position=contract.symbol)


def _put_roll(
    stores: Stores, close: Close, broker: Broker, position: PositionForecast, one: Suggestion
) -> Sequence[str]:
    """The roll as one order of two legs; where the venue has none, the opening leg beside the closing one."""
    contract = position.contract
    target = rolled(contract, sessions_of(stores.settings.accounts[close.account_id]))
    if target is None or not is_listed(broker, target):
        run_logger().info("%s is not rolled: nothing is listed to roll into", contract.symbol)
        return ()
    parts = roll_orders(contract, position.contracts, target, multi_leg=broker.capabilities.multi_leg)
    orders = _rolling(close, parts, position, one, target)
    return [key for wanted in orders for key in ask(stores, close, broker, wanted)]


def _rolling(
    close: Close, parts: Sequence[Part], position: PositionForecast, one: Suggestion, target: Instrument
) -> Iterator[Wanted]:
    symbol, units = position.contract.symbol, abs(position.contracts)
    words = f"{one.words}, into {target.symbol}"
    for part in parts:
        if part.legs:
            yield Wanted(part.instrument, part.side, units, words, one.by, one.action.value, part.legs, symbol)
        elif not part.closes:
            beside = intent_id(close.account_id, PROPOSER, Action.CLOSE.value, symbol, close.business_date)
            told = f"{words}: the opening leg, only together with the closing one, {beside}"
            action = f"{one.action.value}-open"
            yield Wanted(part.instrument, part.side, units, told, one.by, action, position=symbol, beside=beside)


def ask(stores: Stores, close: Close, broker: Broker, wanted: Wanted) -> list[str]:
    """Put one order before a person, at the middle of bid and ask; nothing where it has no price or was put before."""
    price = _price(broker, wanted)
    if price is None or wanted.until <= now():
        why = "no price" if price is None else "over"
        run_logger().warning("%s %s is not proposed: %s", wanted.action, wanted.instrument.symbol, why)
        return []
    placement = _placement(stores, close, wanted, price)
    return [placement.intent.intent_id] if _append(stores, placement, wanted) else []


def is_listed(broker: Broker, contract: Instrument) -> bool:
    """Whether the venue has it to trade; what cannot be asked for is not."""
    try:
        return broker.fetch_contract(contract).tradable
    except BrokerError:
        return False


def _placement(stores: Stores, close: Close, wanted: Wanted, price: Decimal) -> Placement:
    moment = now()
    about = wanted.position if wanted.legs and wanted.position else wanted.instrument.symbol
    name: IntentId = intent_id(close.account_id, PROPOSER, wanted.action, about, close.business_date)
    order = Order(
        order_id_of(name),
        wanted.instrument,
        wanted.side,
        wanted.contracts,
        OrderType.LIMIT,
        TimeInForce.DAY,
        limit_price=price,
        legs=wanted.legs,
    )
    closes = sessions_of(stores.settings.accounts[close.account_id]).closes_at(close.business_date)
    intent = Intent(
        name,
        close.account_id,
        order,
        close.business_date,
        moment,
        arrival_price=price,
        valid_until=min(wanted.until, closes),
        proposer=PROPOSER,
        window=stores.settings.options.window,
    )
    return Placement(intent, OrderState.AWAITING_APPROVAL)


def _append(stores: Stores, placement: Placement, wanted: Wanted) -> bool:
    from sql.approvals import ask as put
    from sql.placements import append_intent

    intent, moment = placement.intent, now()
    evidence: dict[str, Any] = {
        "why": wanted.words,
        "two_persons": False,
        "proposer": intent.proposer,
        "order": _told(intent.order),
        "numbers": {},
        "position": wanted.position,
        "beside": wanted.beside,
    }
    with stores.journal.write() as journal:
        if not append_intent(journal, placement, (Event("proposed", wanted.words),), now=moment):
            return False
        put(journal, intent.intent_id, evidence, until=wanted.until, now=moment)
    return True


def _told(order: Order) -> str:
    parts = [f"{leg.side} {order.quantity * leg.ratio} {leg.instrument.symbol}" for leg in order.legs]
    what = " and ".join(parts) or f"{order.side} {order.quantity} {order.instrument.symbol}"
    return f"{what} limit at {order.limit_price}, {order.time_in_force}"


def _price(broker: Broker, wanted: Wanted) -> Decimal | None:
    if not wanted.legs:
        return _middle(broker, wanted.instrument, wanted.side)
    prices = {leg.instrument.symbol: _middle(broker, leg.instrument, leg.side) for leg in wanted.legs}
    known = {symbol: price for symbol, price in prices.items() if price is not None}
    return net_price(wanted.legs, known) if len(known) == len(wanted.legs) else None


def _middle(broker: Broker, contract: Instrument, side: Side) -> Decimal | None:
    """Between bid and ask, to the cent; the one there is where the other is not."""
    try:
        quote = broker.fetch_quote(contract)
    except BrokerError as error:
        run_logger().warning("no price of %s: %s", contract.symbol, error)
        return None
    known = [one for one in (quote.bid, quote.ask) if one]
    if not known:
        return None
    rounded = (sum(known, Decimal(0)) / len(known)).quantize(_CENT, ROUND_HALF_UP)
    return max(rounded, _CENT) if side is Side.BUY else rounded or None
