"""Open orders: what our journal believes against what the broker lists, matched by client order id, then by theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.ids import InstrumentId
from tieout.instruments import AssetClass
from tieout.money import ZERO, plain
from tieout.orders import OrderState, Side
from tieout.recon.context import OpenFill
from tieout.recon.types import BreakKind, Difference, Pair

Row = Mapping[str, Any]
_NOT_HEARD_YET = frozenset({OrderState.SENDING, OrderState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class OurOrder:
    """One order as the journal has it.

    booked    units of its executions in the book, above zero
    """

    client_order_id: str | None
    broker_order_id: str | None
    state: OrderState
    symbol: str | None
    side: Side | None
    quantity: Decimal | None
    filled_quantity: Decimal
    booked: Decimal = ZERO

    @property
    def name(self) -> str:
        """What people look it up by: our id, else the broker's."""
        return self.client_order_id or self.broker_order_id or "?"

    @property
    def is_booked_whole(self) -> bool:
        """The book holds executions for all of it: no report need say any more that it was filled."""
        return self.quantity is not None and self.booked >= self.quantity


def differences(ours: Sequence[OurOrder], theirs: Iterable[Row]) -> Iterator[Difference]:
    """Orders that only one side has as live, or that stand differently."""
    seen: set[str] = set()
    for row in theirs:
        order = find(ours, row)
        if order is None:
            yield _difference(row, None, f"{_words(row)}, with no order of ours behind it")
            continue
        seen.add(order.name)
        found = _compare(order, row)
        if found is not None:
            yield found
    for order in ours:
        if order.state.is_live and order.name not in seen and not order.is_booked_whole:
            yield _not_listed(order)


def find(ours: Sequence[OurOrder], row: Row) -> OurOrder | None:
    """Our order behind a line of the broker's list."""
    for name in ("client_order_id", "broker_order_id"):
        for order in ours:
            if row[name] is not None and getattr(order, name) == row[name]:
                return order
    return None


def open_fills(ours: Sequence[OurOrder], theirs: Iterable[Row], reported: Mapping[str, Decimal]) -> Iterator[OpenFill]:
    """What our open orders filled beyond the executions in book and statement.

    reported    units in executions that only the statement has, by either order id
    """
    for row in theirs:
        order = find(ours, row)
        if order is None or row["instrument_id"] is None or row["side"] is None:
            continue
        known = order.booked + reported.get(order.client_order_id or "", ZERO)
        gap = row["filled_quantity"] - known
        if gap > 0:
            yield OpenFill(
                row["broker_order_id"],
                row["client_order_id"],
                InstrumentId(row["instrument_id"]),
                gap * Side(row["side"]).sign,
            )


def _compare(order: OurOrder, row: Row) -> Difference | None:
    if order.state in _NOT_HEARD_YET:
        return _difference(row, order, f"{_words(row)}, while ours is still {order.state}", under_way=True)
    if not order.state.is_live:
        return _difference(row, order, f"{_words(row)}, while ours is {order.state}")
    if row["quantity"] is not None and order.quantity is not None and row["quantity"] != order.quantity:
        return _difference(row, order, f"{_words(row)}, while ours is for {plain(order.quantity)}")
    if row["filled_quantity"] == order.filled_quantity:
        return None
    says = f"{_words(row)}, {plain(row['filled_quantity'])} filled, while ours has {plain(order.filled_quantity)}"
    return _difference(row, order, says, under_way=row["filled_quantity"] > order.filled_quantity)


def _words(row: Row) -> str:
    size = "an amount of money" if row["quantity"] is None else plain(row["quantity"])
    return f"the broker has {row['side'] or 'an order for'} {size} {row['symbol'] or ''} {row['state']}".replace(
        "  ", " "
    )


def _difference(row: Row, order: OurOrder | None, says: str, *, under_way: bool = False) -> Difference:
    instrument_id, asset_class = row["instrument_id"], row["asset_class"]
    quantity = row["quantity"] or ZERO
    return Difference(
        BreakKind.ORDER_STATE_MISMATCH,
        Pair.BOOK_SNAPSHOT,
        f"order:{order.name if order else row['client_order_id'] or row['broker_order_id']}",
        instrument_id=None if instrument_id is None else InstrumentId(instrument_id),
        symbol=row["symbol"],
        asset_class=None if asset_class is None else AssetClass(asset_class),
        currency=row["currency"],
        ours=order.filled_quantity if order else None,
        theirs=row["filled_quantity"],
        quantity=(quantity - row["filled_quantity"]) * (Side(row["side"]).sign if row["side"] else 1),
        price=row["limit_price"] if row["limit_price"] is not None else row["price"],
        multiplier=row["multiplier"] if row["multiplier"] is not None else Decimal(1),
        detail={
            "broker_order_id": row["broker_order_id"],
            "client_order_id": row["client_order_id"],
            "ours_state": order.state.value if order else None,
            "theirs_state": row["state"],
            "under_way": under_way,
            "says": says,
        },
    )


def _not_listed(order: OurOrder) -> Difference:
    left = (order.quantity or ZERO) - order.filled_quantity
    return Difference(
        BreakKind.ORDER_STATE_MISMATCH,
        Pair.BOOK_SNAPSHOT,
        f"order:{order.name}",
        symbol=order.symbol,
        ours=order.filled_quantity,
        theirs=None,
        quantity=left * (order.side.sign if order.side else 1),
        detail={
            "broker_order_id": order.broker_order_id,
            "client_order_id": order.client_order_id,
            "ours_state": order.state.value,
            "theirs_state": None,
            "under_way": False,
            "says": f"our order is {order.state}, and the broker does not list it as open",
        },
    )
