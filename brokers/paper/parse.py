"""The paper broker's JSON to our records, and orders to its requests. Pure: its field names live here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from brokers.base import Clock, Contract, Quote, VenueSession
from brokers.http.fields import Row, rows
from brokers.http.unmapped import UnknownAssetClass, Unmapped
from tieout.errors import Malformed
from tieout.ids import ActivityId, BrokerOrderId, ClientOrderId, ExecutionId
from tieout.instruments import AssetClass, Instrument
from tieout.money import plain
from tieout.options.instruction import Instruction
from tieout.options.osi import OptionRight
from tieout.orders import Order, OrderLeg, OrderReport, OrderState, OrderType, Side, TimeInForce
from tieout.records import Activity, ActivityKind, Execution, RecordStatus
from tieout.snapshots import Balance, Position

_VENUE_STATES = frozenset(
    {
        OrderState.WORKING,
        OrderState.PARTIALLY_FILLED,
        OrderState.FILLED,
        OrderState.CANCELLED,
        OrderState.EXPIRED,
        OrderState.REJECTED,
        OrderState.REPLACED,
    }
)
_CLASSES = frozenset(AssetClass)

EnumT = TypeVar("EnumT", bound=StrEnum)
T = TypeVar("T")


def instrument(row: Row) -> Instrument:
    """The instrument of a row. Raises UnknownAssetClass, or Unmapped where its parts do not make one."""
    stated = row.text("asset_class")
    if stated not in _CLASSES:
        raise UnknownAssetClass(f"{row.where}: field `asset_class`: {stated!r} is not known", received=stated)
    try:
        return Instrument(
            asset_class=AssetClass(stated),
            symbol=row.text("symbol"),
            currency=row.text("currency"),
            multiplier=row.number("multiplier"),
            underlying=row.text_or_none("underlying"),
            expiration=row.day_or_none("expiration"),
            option_right=_word_or_none(row, "right", OptionRight),
            strike=row.number_or_none("strike"),
        )
    except Malformed as error:
        raise Unmapped(f"{row.where}: {error}", received=error.received or stated) from None


def balance(row: Row) -> Balance:
    """Cash of one currency."""
    return Balance(
        row.text("currency"),
        row.number("cash"),
        row.number_or_none("settled_cash"),
        row.number_or_none("equity"),
        row.number_or_none("buying_power"),
    )


def position(row: Row) -> Position:
    """One line of the position list. Raises Malformed where sign and side contradict each other."""
    quantity, side = row.number("quantity"), row.text("side")
    if (side == "short") is not (quantity < 0):
        raise Malformed(f"{row.where}: side {side!r} contradicts a quantity of {quantity}", received=side)
    return Position(
        instrument=instrument(row),
        quantity=quantity,
        avg_entry_price=row.number_or_none("average_entry_price"),
        market_price=row.number_or_none("market_price"),
        market_value=row.number_or_none("market_value"),
        cost_basis=row.number_or_none("cost_basis"),
        unrealized_pnl=row.number_or_none("unrealized_pnl"),
        side=side,
        priced_at=row.moment_or_none("priced_at"),
    )


def order_report(row: Row) -> OrderReport:
    """One order as it stands, its exits or legs inside; a combination has no instrument or side of its own.

    raises   Malformed for a state that no venue has: never a guess
    """
    state = _word(row, "state", OrderState)
    if state not in _VENUE_STATES:
        raise Malformed(f"{row.where}: field `state`: {state!r} is no state of an order at the venue", received=state)
    client_id, replaces, replaced_by = (
        row.text_or_none(name) for name in ("client_order_id", "replaces", "replaced_by")
    )
    return OrderReport(
        broker_order_id=BrokerOrderId(row.text("order_id")),
        client_order_id=None if client_id is None else ClientOrderId(client_id),
        state=state,
        instrument=instrument(row) if "symbol" in row.values else None,
        side=_word_or_none(row, "side", Side),
        quantity=row.number("quantity"),
        filled_quantity=row.number("filled_quantity"),
        average_fill_price=row.number_or_none("average_fill_price"),
        order_type=_word(row, "order_type", OrderType),
        time_in_force=_word(row, "time_in_force", TimeInForce),
        limit_price=row.number_or_none("limit_price"),
        stop_price=row.number_or_none("stop_price"),
        submitted_at=row.moment("submitted_at"),
        updated_at=row.moment("updated_at"),
        replaces=None if replaces is None else BrokerOrderId(replaces),
        replaced_by=None if replaced_by is None else BrokerOrderId(replaced_by),
        venue_status="held" if row.flag("held") else row.text("state"),
        legs=tuple(order_report(leg) for leg in rows(row.values.get("legs", []), f"{row.where} legs")),
    )


def execution(row: Row) -> Execution:
    """One trade."""
    client_id, order_id = row.text_or_none("client_order_id"), row.text_or_none("order_id")
    return _sound(
        row,
        lambda: Execution(
            execution_id=ExecutionId(row.text("execution_id")),
            instrument=instrument(row),
            side=_word(row, "side", Side),
            quantity=row.number("quantity"),
            price=row.number("price"),
            executed_at=row.moment("executed_at"),
            fee=row.number("fee"),
            fee_currency=row.text("fee_currency"),
            client_order_id=None if client_id is None else ClientOrderId(client_id),
            broker_order_id=None if order_id is None else BrokerOrderId(order_id),
            status=_word(row, "status", RecordStatus),
        ),
    )


def activity(row: Row) -> Activity:
    """One other event; a kind we do not know comes as `other`, its own word kept in `venue_kind`."""
    stated = row.text("kind")
    known = stated in frozenset(ActivityKind)
    return _sound(
        row,
        lambda: Activity(
            activity_id=ActivityId(row.text("activity_id")),
            kind=ActivityKind(stated) if known else ActivityKind.OTHER,
            occurred_at=row.moment("occurred_at"),
            instrument=_instrument_inside(row),
            quantity=row.number("quantity"),
            price=row.number_or_none("price"),
            amount=row.number("amount"),
            currency=row.text("currency"),
            settles_on=row.day_or_none("settles_on"),
            group_id=row.text_or_none("group_id"),
            ratio=row.number_or_none("ratio"),
            status=_word(row, "status", RecordStatus),
            venue_kind=(row.text_or_none("venue_kind") or stated) if known else stated,
            description=row.text_or_none("description") or "",
        ),
    )


def posted_at(row: Row) -> datetime:
    """When the broker first showed a record, UTC."""
    return row.moment("posted_at")


def quote(asked: Instrument) -> Callable[[Row], Quote]:
    """The quote of the instrument asked for. Raises Malformed for another one's."""

    def parse(row: Row) -> Quote:
        _require_same(row, asked)
        return Quote(
            asked,
            row.number_or_none("bid"),
            row.number_or_none("ask"),
            row.moment("quoted_at"),
            row.number_or_none("last"),
            row.number_or_none("day_low"),
            row.number_or_none("day_high"),
            row.number_or_none("vwap"),
        )

    return parse


def contract(asked: Instrument) -> Callable[[Row], Contract]:
    """What the venue says the instrument asked for is. Raises Malformed for another one."""

    def parse(row: Row) -> Contract:
        _require_same(row, asked)
        return Contract(instrument(row), row.flag("tradable"), row.flag("fractionable"), row.flag("shortable"))

    return parse


def clock(row: Row) -> Clock:
    """The venue's clock."""
    return Clock(
        row.moment("now"), row.flag("is_open"), row.moment_or_none("next_open"), row.moment_or_none("next_close")
    )


def session(row: Row) -> VenueSession:
    """One trading day."""
    return VenueSession(row.day("date"), row.moment("opens_at"), row.moment("closes_at"))


def order_request(order: Order) -> dict[str, object]:
    """The body that asks for an order: numbers as text, exactly."""
    prices = {
        "limit_price": order.limit_price,
        "stop_price": order.stop_price,
        "trail_amount": order.trail_amount,
        "trail_percent": order.trail_percent,
        "take_profit": order.take_profit,
        "stop_loss": order.stop_loss,
    }
    body: dict[str, object] = {
        "client_order_id": order.client_order_id,
        "symbol": order.instrument.symbol,
        "side": order.side.value,
        "quantity": plain(order.quantity),
        "order_type": order.order_type.value,
        "time_in_force": order.time_in_force.value,
        "extended_hours": order.extended_hours,
        "is_exit": order.is_exit,
    }
    if order.legs:
        body["legs"] = [_leg_request(leg) for leg in order.legs]
    return body | {name: plain(price) for name, price in prices.items() if price is not None}


def _leg_request(leg: OrderLeg) -> dict[str, object]:
    return {"symbol": leg.instrument.symbol, "side": leg.side.value, "ratio": leg.ratio, "opens": leg.opens}


def _instrument_inside(row: Row) -> Instrument | None:
    inside = row.values.get("instrument")
    if inside is None:
        return None
    if not isinstance(inside, dict):
        raise Malformed(f"{row.where}: field `instrument`: an object was expected, got {type(inside).__name__}")
    return instrument(Row(inside, f"{row.where}, instrument"))


def _require_same(row: Row, asked: Instrument) -> None:
    if row.text("symbol") != asked.symbol:
        raise Malformed(f"{row.where}: {asked.symbol} was asked for, {row.text('symbol')} answered")


def _word(row: Row, field: str, words: type[EnumT]) -> EnumT:
    stated = row.text(field)
    try:
        return words(stated)
    except ValueError:
        raise Malformed(f"{row.where}: field `{field}`: {stated!r} is not known", received=stated) from None


def _word_or_none(row: Row, field: str, words: type[EnumT]) -> EnumT | None:
    return None if row.text_or_none(field) is None else _word(row, field, words)


def _sound(row: Row, make: Callable[[], T]) -> T:
    """What `make` makes; Malformed where the record itself refuses its fields."""
    try:
        return make()
    except ValueError as error:
        raise Malformed(f"{row.where}: {error}") from error


def instruction_request(one: Instruction) -> dict[str, object]:
    """The word of an option's holder."""
    return {"symbol": one.contract.symbol, "choice": one.choice.value, "contracts": plain(one.contracts)}


def instruction_words(row: Row) -> str:
    """What stands, in words."""
    return f"stands for the evening of {row.text('day')}: {row.text('choice').replace('_', ' ')}"


def is_same(row: Row, one: Instruction) -> bool:
    """Whether a row of the list of instructions is this one."""
    named = (row.text("symbol"), row.text("choice"), row.number("contracts"))
    return named == (one.contract.symbol, one.choice.value, one.contracts)
