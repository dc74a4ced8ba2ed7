"""How an execution and an activity lie in the journal's tables, and what makes two of them the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Table

from sql.rows import shown
from sql.schema.journal import activity, execution
from tieout.ids import ActivityId, BrokerOrderId, ClientOrderId, ExecutionId, InstrumentId
from tieout.instruments import Instrument
from tieout.ledger.booking import place_activity, place_execution
from tieout.orders import Side
from tieout.records import Activity, ActivityKind, Execution, RecordStatus
from tieout.sessions import Sessions

Record = Execution | Activity


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the two tables and how records go in and out.

    key        column of the venue's id
    content    columns that must agree for two rows to be the same record
    """

    name: str
    table: Table
    key: str
    content: tuple[str, ...]
    place: Callable[[Any, Sessions], tuple[date, date]]
    row: Callable[[Any, Mapping[str, InstrumentId]], dict[str, Any]]
    record: Callable[[Mapping[str, Any], Mapping[InstrumentId, Instrument]], Record]

    def id_of(self, record: Record) -> str:
        """The venue's id."""
        return str(getattr(record, self.key))

    def same_content(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Whether two rows say the same, their status aside."""
        return all(one[name] == other[name] for name in self.content)

    def shown(self, row: Mapping[str, Any]) -> str:
        """The content in one line, for a message."""
        return ", ".join(f"{name}={shown(row[name])}" for name in (*self.content, "status"))


def execution_row(record: Execution, ids: Mapping[str, InstrumentId]) -> dict[str, Any]:
    """An execution as columns, dates and bookkeeping aside."""
    return {
        "execution_id": record.execution_id,
        "client_order_id": record.client_order_id,
        "broker_order_id": record.broker_order_id,
        "instrument_id": ids[record.instrument.symbol],
        "side": record.side.value,
        "quantity": record.quantity,
        "price": record.price,
        "fee": record.fee,
        "fee_currency": record.fee_currency,
        "executed_at": record.executed_at,
        "status": record.status.value,
    }


def activity_row(record: Activity, ids: Mapping[str, InstrumentId]) -> dict[str, Any]:
    """An activity as columns, dates and bookkeeping aside."""
    return {
        "activity_id": record.activity_id,
        "kind": record.kind.value,
        "instrument_id": ids[record.instrument.symbol] if record.instrument else None,
        "quantity": record.quantity,
        "price": record.price,
        "amount": record.amount,
        "currency": record.currency,
        "occurred_at": record.occurred_at,
        "group_id": record.group_id,
        "ratio": record.ratio,
        "status": record.status.value,
        "venue_kind": record.venue_kind,
        "description": record.description,
    }


def execution_record(row: Mapping[str, Any], instruments: Mapping[InstrumentId, Instrument]) -> Execution:
    """The execution that a row of the journal holds."""
    return Execution(
        ExecutionId(row["execution_id"]),
        instruments[InstrumentId(row["instrument_id"])],
        Side(row["side"]),
        row["quantity"],
        row["price"],
        row["executed_at"],
        row["fee"],
        row["fee_currency"],
        ClientOrderId(row["client_order_id"]) if row["client_order_id"] else None,
        BrokerOrderId(row["broker_order_id"]) if row["broker_order_id"] else None,
        RecordStatus(row["status"]),
    )


def activity_record(row: Mapping[str, Any], instruments: Mapping[InstrumentId, Instrument]) -> Activity:
    """The activity that a row of the journal holds."""
    instrument_id = row["instrument_id"]
    return Activity(
        ActivityId(row["activity_id"]),
        ActivityKind(row["kind"]),
        row["occurred_at"],
        None if instrument_id is None else instruments[InstrumentId(instrument_id)],
        row["quantity"],
        row["price"],
        row["amount"],
        row["currency"],
        row["settles_on"],
        row["group_id"],
        row["ratio"],
        RecordStatus(row["status"]),
        row["venue_kind"],
        row["description"],
    )


EXECUTIONS = Kind(
    "execution",
    execution,
    "execution_id",
    ("instrument_id", "side", "quantity", "price", "fee", "fee_currency"),
    place_execution,
    execution_row,
    execution_record,
)
ACTIVITIES = Kind(
    "activity",
    activity,
    "activity_id",
    ("kind", "instrument_id", "quantity", "price", "amount", "currency", "ratio"),
    place_activity,
    activity_row,
    activity_record,
)
