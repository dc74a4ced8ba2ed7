"""What orders that may still trade keep for themselves at an account, and how many there are: facts for risk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from sql.load import query
from sql.reference import read_instruments
from sql.rows import read_rows
from tieout.ids import AccountId, ClientOrderId, IntentId
from tieout.instruments import Instrument
from tieout.money import WIDE, ZERO
from tieout.orders import OrderState, Side

_REPORTED = frozenset({OrderState.WORKING, OrderState.PARTIALLY_FILLED})


@dataclass(frozen=True, slots=True)
class Reserved:
    """Units of one instrument that one intent keeps at an account.

    owner     account of the intent; another one where only the rest may come here
    units     that may still trade, above zero
    money     units × limit, else arrival, else stop price × multiplier, in the instrument's currency; a multi-leg order
              has all of it at its first leg, zero where it brings money in. None where no price is known
    state     of the intent
    """

    intent_id: IntentId
    client_order_id: ClientOrderId
    owner: AccountId
    instrument: Instrument
    side: Side
    units: Decimal
    money: Decimal | None
    state: OrderState

    @property
    def reported(self) -> bool:
        """The owner's venue has shown it as working, so that its own buying power is less by it already."""
        return self.state in _REPORTED


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept of one instrument at an account. `money` is None where the price of any part is not known."""

    bought: Decimal = ZERO
    sold: Decimal = ZERO
    money: Decimal | None = ZERO


@dataclass(frozen=True, slots=True)
class OrderCounts:
    """Orders of an account: that may trade at the venue now, and of the session that traded or may."""

    open_orders: int
    trades_today: int


def read_reserved(connection: Connection, account_id: AccountId, now: datetime) -> tuple[Reserved, ...]:
    """What intents keep at an account, the oldest first: its own, and those whose rest may go there.

    now    UTC
    """
    rows = read_rows(connection, query("reserved_units"), {"account_id": account_id, "now": now})
    instruments = read_instruments(connection, {row["instrument_id"] for row in rows})
    return tuple(_reserved(row, instruments[row["instrument_id"]]) for row in rows)


def by_symbol(reserved: Iterable[Reserved]) -> dict[str, Kept]:
    """Units and money by instrument."""
    found: dict[str, Kept] = {}
    for one in reserved:
        before = found.get(one.instrument.symbol, Kept())
        money = None if before.money is None or one.money is None else WIDE.add(before.money, one.money)
        bought = before.bought + (one.units if one.side is Side.BUY else ZERO)
        sold = before.sold + (one.units if one.side is Side.SELL else ZERO)
        found[one.instrument.symbol] = Kept(bought, sold, money)
    return found


def read_order_counts(connection: Connection, account_id: AccountId, business_date: date) -> OrderCounts:
    """How many orders an account has out, and how many it has traded in a session."""
    (row,) = read_rows(connection, query("order_counts"), {"account_id": account_id, "business_date": business_date})
    return OrderCounts(int(row["open_orders"]), int(row["trades_today"]))


def _reserved(row: Mapping[str, Any], instrument: Instrument) -> Reserved:
    return Reserved(
        IntentId(row["intent_id"]),
        ClientOrderId(row["client_order_id"]),
        AccountId(row["owner"]),
        instrument,
        Side(row["side"]),
        row["quantity"],
        _money(row, instrument),
        OrderState(row["state"]),
    )


def _money(row: Mapping[str, Any], instrument: Instrument) -> Decimal | None:
    price = _price(row)
    legs = row["detail"].get("legs")
    if not legs:
        return None if price is None else instrument.value(row["quantity"], abs(price))
    if (legs[0]["symbol"], legs[0]["side"]) != (instrument.symbol, row["side"]):
        return ZERO
    remaining = row["ordered"] - max(row["filled"], row["booked"])
    return None if price is None else instrument.value(remaining, max(price, ZERO))


def _price(row: Mapping[str, Any]) -> Decimal | None:
    arrival = row["detail"].get("arrival_price")
    known = (row["limit_price"], None if arrival is None else Decimal(arrival), row["stop_price"])
    return next((price for price in known if price is not None), None)
