"""Trades. Source: execDetails with the commission report that follows it.

A trade that the exchange corrects comes again: its id ends in a revision, `….01.01` and then `….01.02`. What stands
before that ending is the trade's own name, and the highest revision counts. One with no units takes the trade back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from brokers.http.fields import Row
from brokers.ibkr.parse.orders import client_id
from brokers.ibkr.parse.symbols import BAG, instrument_of
from tieout.errors import Malformed
from tieout.ids import BrokerOrderId, ExecutionId
from tieout.money import ZERO
from tieout.orders import Side
from tieout.records import Execution, RecordStatus

_SIDES = {"BOT": Side.BUY, "SLD": Side.SELL}


@dataclass(frozen=True, slots=True)
class Fill:
    """What an average is made of."""

    broker_order_id: str
    quantity: Decimal
    price: Decimal


def newest(rows: Iterable[Row]) -> list[tuple[Row, Row | None]]:
    """Each trade once, in its last revision, with the one before it; a combination's own line is left out."""
    trades: dict[str, list[Row]] = {}
    for row in rows:
        if row.text("secType") != BAG:
            trades.setdefault(split_id(row.text("execId"))[0], []).append(row)
    ordered = (sorted(each, key=lambda row: split_id(row.text("execId"))[1]) for each in trades.values())
    return [(each[-1], each[-2] if len(each) > 1 else None) for each in ordered]


def split_id(name: str) -> tuple[str, int]:
    """A trade's own name, and which revision of it this is. Raises Malformed."""
    root, point, revision = name.rpartition(".")
    if not point or not revision.isdecimal():
        raise Malformed(f"execution id {name!r} has no revision", received=name)
    return root, int(revision)


def execution(row: Row, before: Row | None) -> Execution:
    """One trade.

    before   its earlier revision, which says what a trade without units took back
    raises   Unmapped where the instrument is not known, Malformed for a field that cannot be read
    """
    name, revision = split_id(row.text("execId"))
    side, units = row.text("side"), row.number("shares")
    if side not in _SIDES:
        raise Malformed(f"{row.where}: field `side`: {side!r} is not known", received=side)
    gone = units == 0
    if gone and before is None:
        raise Malformed(f"{row.where}: field `shares`: zero, with nothing to take back", received="0")
    stated = before if gone and before is not None else row
    corrected = RecordStatus.CORRECTED if revision > 1 else RecordStatus.EXECUTED
    return Execution(
        execution_id=ExecutionId(name),
        instrument=instrument_of(row),
        side=_SIDES[side],
        quantity=stated.number("shares"),
        price=stated.number("price"),
        executed_at=row.moment("time"),
        fee=row.number_or_none("commission") or ZERO,
        fee_currency=row.text_or_none("commissionCurrency") or row.text("currency"),
        client_order_id=client_id(row),
        broker_order_id=BrokerOrderId(row.text("permId")),
        status=RecordStatus.CANCELLED if gone else corrected,
    )


def lacks_commission(row: Row) -> bool:
    """Whether the report of what the trade cost has not come yet."""
    return "commission" not in row.values and row.values.get("secType") != BAG


def fills_of(rows: Iterable[Row]) -> list[Fill]:
    """Units and prices that stand, by order. Raises Malformed."""
    return [Fill(row.text("permId"), row.number("shares"), row.number("price")) for row, _ in newest(rows)]
