"""Exits that no venue holds: when each is reached, and how many units may go out then. Pure.

Kept by `risk-watch`: it compares a fresh quote with each price, and what is reached goes out as an order of its own. A
price that is missing, one-sided or old decides nothing, and is told. Units never exceed what the entry bought and
nobody has sold since, nor the position that is still there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from tieout.exits import ExitKind, exit_side
from tieout.ids import AccountId, IntentId
from tieout.instruments import AssetClass
from tieout.intents import Intent, intent_id, order_id_of
from tieout.money import ZERO
from tieout.orders import Order, OrderReport, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Placement
from tieout.risk.limits import CRYPTO_CLASSES
from tieout.risk.types import Market
from tieout.sessions import Sessions

KEPT = "kept-exits"  # the window of exit orders: none of tieout.toml's, and no schedule starts it
PATIENCE = timedelta(minutes=2)  # for an exit order to be sent and filled
WITH_EXITS = frozenset({TimeInForce.DAY, TimeInForce.GTC})  # of the entry, at every venue that takes exits along
_ENTRIES = frozenset({OrderType.MARKET, OrderType.LIMIT})


class ExitRules(Protocol):
    """What a venue's capability row says of exits."""

    @property
    def broker(self) -> str: ...
    @property
    def brackets(self) -> bool: ...
    @property
    def bracket_classes(self) -> frozenset[AssetClass] | None: ...
    @property
    def brackets_whole_units(self) -> bool: ...


def why_kept(order: Order, rules: ExitRules) -> str | None:
    """Why a venue cannot hold the exits of an entry, in words; None where it can."""
    traded = order.instrument.asset_class
    if not rules.brackets:
        return f"{rules.broker} takes no brackets"
    if rules.bracket_classes is not None and traded not in rules.bracket_classes:
        return f"{rules.broker} takes no exits with {traded} orders"
    if rules.brackets_whole_units and order.quantity % 1:
        return f"{rules.broker} takes no exits with parts of a unit"
    if order.extended_hours or order.time_in_force not in WITH_EXITS:
        return f"exits do not go along with an order in extended hours or with {order.time_in_force}"
    if order.order_type not in _ENTRIES:
        return f"exits do not go along with a {order.order_type} order"
    return None


def kept_until(entry: Placement, sessions: Sessions, now: datetime) -> datetime | None:
    """Until when exits are kept, UTC: with a day order to the close of its session, as a venue would; else no end."""
    if entry.intent.order.time_in_force is not TimeInForce.DAY:
        return None
    day = sessions.business_date(now)
    closes = sessions.closes_at(day)
    return closes if now < closes else sessions.closes_at(sessions.next(day))


class KeptState(StrEnum):
    """Where a kept exit stands."""

    WAITING = "waiting"
    REACHED = "reached"  # and it stays so: what the entry still buys goes out too
    OVER = "over"


@dataclass(frozen=True, slots=True)
class KeptExit:
    """One exit of one entry.

    price            that is waited for, currency per unit
    reached_at       UTC
    reached_price    what closing would have brought per unit then
    reason           why it is over
    """

    intent_id: IntentId
    kind: ExitKind
    price: Decimal
    state: KeptState = KeptState.WAITING
    reached_at: datetime | None = None
    reached_price: Decimal | None = None
    reason: str = ""

    @property
    def words(self) -> str:
        """As people list it."""
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.kind.words} {self.price.normalize():f}: {self.state}{why}"


@dataclass(frozen=True, slots=True)
class Price:
    """What closing would bring now: bid for a sale, ask for a purchase. `trouble` says why it is not known."""

    price: Decimal | None
    trouble: str = ""


def closing_price(side: Side, market: Market | None, now: datetime, most_age: timedelta) -> Price:
    """The price that an exit is compared with.

    side        of the exit
    market      a quote that was asked for in this very look
    most_age    above which a quote says nothing
    """
    if market is None or market.seen_at is None:
        return Price(None, "there is no quote")
    age = now - market.seen_at
    if abs(age) > most_age:
        return Price(
            None, f"the quote is {age.total_seconds():.0f} s old, {most_age.total_seconds():.0f} s is the most"
        )
    bid, ask = market.bid or ZERO, market.ask or ZERO
    if bid <= 0 or ask <= 0:
        return Price(None, f"the quote has no {'bid' if bid <= 0 else 'ask'}")
    if bid > ask:
        return Price(None, f"the quote is crossed: bid {bid} above ask {ask}")
    return Price(bid if side is Side.SELL else ask)


def is_reached(kept: KeptExit, side: Side, price: Decimal) -> bool:
    """Whether a price is at the exit's or beyond it: for a sale a stop lies below the market and a profit above."""
    beyond = price <= kept.price if kept.kind is ExitKind.STOP_LOSS else price >= kept.price
    at = price == kept.price
    return beyond if side is Side.SELL else (at or not beyond)


def first_reached(kept: Sequence[KeptExit], side: Side, price: Decimal | None) -> KeptExit | None:
    """The one exit to act on: what was reached once stays so; of two that are reached the stop counts."""
    for one in kept:
        if one.state is KeptState.REACHED:
            return one
    if price is None:
        return None
    found = [one for one in kept if one.state is KeptState.WAITING and is_reached(one, side, price)]
    return min(found, key=lambda one: one.kind is not ExitKind.STOP_LOSS, default=None)


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry whose exits we keep, with the orders that went out for it.

    gone     units of the entry that others have closed
    sent     exit orders so far, whatever became of them, oldest first
    """

    entry: Placement
    exits: tuple[KeptExit, ...]
    gone: Decimal = ZERO
    sent: tuple[Placement, ...] = ()

    @property
    def side(self) -> Side:
        """Of its exits."""
        return exit_side(self.entry.intent.order)

    @property
    def left(self) -> Decimal:
        """Units that the entry has bought and nobody has closed: what the exits are about, partial fills included."""
        closed = sum((one.executed for one in self.sent), ZERO)
        return max(ZERO, self.entry.executed - self.gone - closed)

    @property
    def at_work(self) -> Placement | None:
        """The exit order that has not ended, or whose executions are not all known: then no other one may go."""
        return next((one for one in self.sent if not one.ended or one.fills_missing), None)


def closed_by_others(all_kept: Sequence[Kept], held: Decimal, since: datetime) -> dict[IntentId, Decimal]:
    """Units of each entry that others must have closed, because less is held than the entries have left.

    all_kept    entries of one instrument on one side, the oldest first: what was sold counts from there
    held        units of the position on their side, zero or above, read after the entries were
    since       UTC; an entry that traded after it may not be in the position yet, and is left out
    returns     what to add to `gone`; nothing while an exit order is out, which takes from the position too
    """
    if any(one.at_work is not None for one in all_kept):
        return {}
    ripe = [one for one in all_kept if one.entry.ended_at is not None and one.entry.ended_at <= since]
    missing = sum((one.left for one in ripe), ZERO) - max(held, ZERO)
    found = {}
    for one in ripe:
        taken = min(max(missing, ZERO), one.left)
        missing -= taken
        if taken > 0:
            found[one.entry.intent.intent_id] = taken
    return found


def exit_quantity(kept: Kept, held: Decimal, contested: Decimal) -> Decimal:
    """Units that an exit order may have now.

    held         units of the position on this side, zero or above
    contested    units that other open orders may take from it
    """
    if kept.at_work is not None:
        return ZERO
    return min(kept.left, max(ZERO, held - contested))


def exit_intent(kept: Kept, which: KeptExit, quantity: Decimal, day: date, now: datetime) -> Placement:
    """The exit as an intent of its own, a market order: asked for again in the same place, it is the same intent.

    Its id is made from the entry, the kind of exit and how many orders went out for it before, so that two who see the
    price reached at once, or one that crashed in between, decide the same thing.
    """
    entry = kept.entry.intent
    key = exit_id(entry.account_id, entry.intent_id, which.kind, len(kept.sent) + 1)
    forever = entry.order.instrument.asset_class in CRYPTO_CLASSES  # coins know no day
    order = Order(
        order_id_of(key),
        entry.order.instrument,
        kept.side,
        quantity,
        OrderType.MARKET,
        TimeInForce.GTC if forever else TimeInForce.DAY,
        is_exit=True,
    )
    intent = Intent(
        key,
        entry.account_id,
        order,
        day,
        now,
        signal_id=entry.signal_id,
        arrival_price=which.reached_price,
        valid_until=now + PATIENCE,
        proposer=f"{which.kind.words} of {entry.intent_id}",
        window=KEPT,
    )
    return Placement(intent, OrderState.PLANNED)


def exit_id(account_id: AccountId, entry: IntentId, kind: ExitKind, number: int) -> IntentId:
    """The id of the n-th exit order of an entry."""
    return intent_id(account_id, "exit", entry, kind.value, number)


def with_reached(kept: KeptExit, price: Decimal, now: datetime) -> KeptExit:
    """The exit once its price is there; `now` is UTC. Reached once, it stays as it was."""
    if kept.state is not KeptState.WAITING:
        return kept
    return replace(kept, state=KeptState.REACHED, reached_at=now, reached_price=price)


def why_over(kept: Kept, until: datetime | None, now: datetime) -> str | None:
    """Why there is nothing to keep any more; None while there is.

    until    UTC, they are kept no longer
    """
    if kept.at_work is not None:
        return None
    if kept.entry.ended and not kept.entry.fills_missing and kept.left == 0:
        if kept.entry.executed == 0:
            return "nothing of the entry traded"
        return "all of it is out" if kept.gone == 0 else "the position is not there any more"
    if until is not None and now >= until and not any(one.state is KeptState.REACHED for one in kept.exits):
        return f"kept until {until:%Y-%m-%d %H:%M} UTC"
    return None


def contested_units(orders: Iterable[OrderReport], symbol: str, side: Side) -> Decimal | None:
    """Units that open orders at the venue may take from a position on the exit's side.

    Of an order and what it brings along only one can trade at a time. None where an order does not say what it trades.
    """
    total = ZERO
    for one in orders:
        named = [leg for leg in one.legs if leg.venue_status != "held"] + (
            [one] if one.instrument or not one.legs else []
        )
        if any(each.instrument is None or each.side is None or each.quantity is None for each in named):
            return None
        same = [each for each in named if each.instrument and each.instrument.symbol == symbol and each.side is side]
        total += max(((each.quantity or ZERO) - each.filled_quantity for each in same), default=ZERO)
    return total


def held_on(side: Side, held: Decimal) -> Decimal:
    """Units of a position that an exit on that side can close, zero or above.

    held    signed
    """
    return max(ZERO, -side.sign * held)
