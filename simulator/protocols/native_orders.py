"""Orders in the paper broker's own protocol: groups nested, every field of ours by its name."""

from __future__ import annotations

from collections.abc import Callable

from simulator.account import SimulatedAccount
from simulator.exercise import Choice, Instruction
from simulator.orders import Role
from simulator.protocols.native_rows import Row, instrument_row, moment_text, required, text
from tieout.errors import InvalidOrder, Malformed
from tieout.exits import one_exit
from tieout.ids import ClientOrderId
from tieout.instruments import Instrument
from tieout.money import exact, exact_or_none, plain
from tieout.orders import Order, OrderLeg, OrderReport, OrderType, Side, TimeInForce

Listed = Callable[[str], Instrument]

_PRICES = ("limit_price", "stop_price", "trail_amount", "trail_percent", "take_profit", "stop_loss")


def order_of_account(account: SimulatedAccount, report: OrderReport) -> Row:
    """One order as it stands; a pair of exits as the one order it is to whoever sent it."""
    working = account.desk.by_broker_id(report.broker_order_id)
    pair = working is not None and working.role is Role.TAKE_PROFIT and working.parent is None
    return order_row(one_exit(report) if pair else report)


def order_row(order: OrderReport) -> Row:
    """One order, its exits or legs inside."""
    instrument: Row = {"instrument": None} if order.instrument is None else instrument_row(order.instrument)
    return instrument | {
        "order_id": order.broker_order_id,
        "client_order_id": order.client_order_id,
        "state": order.state.value,
        "side": order.side.value if order.side else None,
        "quantity": text(order.quantity),
        "filled_quantity": plain(order.filled_quantity),
        "average_fill_price": text(order.average_fill_price),
        "order_type": order.order_type.value if order.order_type else None,
        "time_in_force": order.time_in_force.value if order.time_in_force else None,
        "limit_price": text(order.limit_price),
        "stop_price": text(order.stop_price),
        "submitted_at": moment_text(order.submitted_at),
        "updated_at": moment_text(order.updated_at),
        "replaces": order.replaces,
        "replaced_by": order.replaced_by,
        "held": order.venue_status == "held",
        "legs": [order_row(leg) for leg in order.legs],
    }


def order_from(body: Row, listed: Listed) -> Order:
    """The order that a request asks for.

    listed   the instrument behind a canonical symbol
    raises   InvalidOrder for fields that make no order, NotTradable for an unlisted symbol
    """
    try:
        return Order(
            client_order_id=ClientOrderId(required(body, "client_order_id")),
            instrument=listed(required(body, "symbol")),
            side=Side(required(body, "side")),
            quantity=exact(body.get("quantity"), "quantity"),
            order_type=OrderType(required(body, "order_type")),
            time_in_force=TimeInForce(required(body, "time_in_force")),
            extended_hours=body.get("extended_hours") is True,
            is_exit=body.get("is_exit") is True,
            legs=_legs(body.get("legs"), listed),
            **{name: exact_or_none(body.get(name), name) for name in _PRICES},
        )
    except (ValueError, Malformed) as error:
        raise InvalidOrder("simulator", str(error)) from error


def _legs(found: object, listed: Listed) -> tuple[OrderLeg, ...]:
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ValueError("legs are a list of objects")
    return tuple(_leg(each, listed) for each in found)


def _leg(found: Row, listed: Listed) -> OrderLeg:
    ratio, opens = found.get("ratio"), found.get("opens")
    if not isinstance(ratio, int) or isinstance(ratio, bool) or not isinstance(opens, bool | None):
        raise ValueError("a leg needs a whole ratio, and opens is true, false or left out")
    return OrderLeg(listed(required(found, "symbol")), Side(required(found, "side")), ratio, opens)


def instructed(account: SimulatedAccount, body: Row) -> Row:
    """An instruction for a long option, given by {"symbol", "choice", "contracts"}; without a count it is for all.

    raises   Malformed for a bad count, ValueError for a choice nobody knows
    """
    contracts = exact_or_none(body.get("contracts"), "contracts")
    symbol = required(body, "symbol")
    return _instruction_row(account.instruct(symbol, Choice(required(body, "choice")), contracts))


def instructions(account: SimulatedAccount) -> list[Row]:
    """What stands of the holder's word, one row for each series."""
    return [{"symbol": symbol} | _instruction_row(one) for symbol, one in account.instructions.all().items()]


def _instruction_row(one: Instruction) -> Row:
    return {"choice": one.choice.value, "day": one.day.isoformat(), "contracts": text(one.contracts)}
