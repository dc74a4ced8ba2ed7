"""A snapshot and its statement as rows of the warehouse's tables."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from tieout.errors import StoreError
from tieout.ids import AccountId, InstrumentId, RunId, SnapshotId
from tieout.instruments import Instrument
from tieout.ledger.booking import place_activity, place_execution
from tieout.records import Activity, Execution, Statement
from tieout.sessions import Sessions
from tieout.snapshots import Position, Snapshot, SnapshotStatus

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredUnder:
    """What every row of one snapshot needs: its key, its account, the instruments' keys, the account's sessions."""

    snapshot_id: SnapshotId
    account_id: AccountId
    ids: Mapping[str, InstrumentId]
    sessions: Sessions

    def key(self) -> Row:
        """The columns that every table of a snapshot begins with."""
        return {"snapshot_id": self.snapshot_id, "account_id": self.account_id}

    def id_of(self, instrument: Instrument) -> InstrumentId:
        """The instrument's surrogate key; StoreError where it has none."""
        try:
            return self.ids[instrument.symbol]
        except KeyError:
            raise StoreError(f"{instrument.symbol} has no instrument_id: it must be in the journal first") from None


def head(stored: StoredUnder, snapshot: Snapshot, run_id: RunId) -> Row:
    """The snapshot's own row, status `pending`."""
    return stored.key() | {
        "business_date": snapshot.business_date,
        "captured_at": snapshot.captured_at,
        "broker_time": snapshot.proof.broker_time,
        "completeness": snapshot.proof.completeness.value,
        "status": SnapshotStatus.PENDING.value,
        "run_id": run_id,
        "reads": snapshot.proof.reads,
        "positions": len(snapshot.positions),
        "proof": asdict(snapshot.proof),
        "unmapped": list(snapshot.unmapped),
    }


def positions(stored: StoredUnder, snapshot: Snapshot) -> list[Row]:
    """One row per line the broker sent, duplicates too: judging them is the quality gate's work."""
    return [stored.key() | _position(stored, position) for position in snapshot.positions]


def _position(stored: StoredUnder, position: Position) -> Row:
    instrument = position.instrument
    return {
        "instrument_id": stored.id_of(instrument),
        "symbol": instrument.symbol,
        "asset_class": instrument.asset_class.value,
        "quantity": position.quantity,
        "side": position.side,
        "avg_entry_price": position.avg_entry_price,
        "market_price": position.market_price,
        "market_value": position.market_value,
        "cost_basis": position.cost_basis,
        "unrealized_pnl": position.unrealized_pnl,
        "multiplier": instrument.multiplier,
        "currency": instrument.currency,
        "underlying": instrument.underlying,
        "expiration": instrument.expiration,
        "option_right": instrument.option_right.value if instrument.option_right else None,
        "strike": instrument.strike,
        "priced_at": position.priced_at,
    }


def balances(stored: StoredUnder, snapshot: Snapshot) -> list[Row]:
    """One row per currency."""
    return [
        stored.key()
        | {
            "currency": balance.currency,
            "cash": balance.cash,
            "settled_cash": balance.settled_cash,
            "equity": balance.equity,
            "buying_power": balance.buying_power,
        }
        for balance in snapshot.balances
    ]


def orders(stored: StoredUnder, snapshot: Snapshot) -> list[Row]:
    """One row per open order."""
    return [
        stored.key()
        | {
            "broker_order_id": order.broker_order_id,
            "client_order_id": order.client_order_id,
            "instrument_id": stored.id_of(order.instrument) if order.instrument else None,
            "side": order.side.value if order.side else None,
            "quantity": order.quantity,
            "filled_quantity": order.filled_quantity,
            "limit_price": order.limit_price,
            "state": order.state.value,
            "venue_status": order.venue_status,
            "submitted_at": order.submitted_at,
        }
        for order in snapshot.open_orders
    ]


def raw_answers(stored: StoredUnder, snapshot: Snapshot) -> list[Row]:
    """The answers as they came, compressed; their sender has removed the secrets."""
    return [
        {
            "snapshot_id": stored.snapshot_id,
            "part": answer.part,
            "path": answer.path,
            "status": answer.status,
            "received_at": answer.received_at,
            "body": zlib.compress(answer.body),
        }
        for answer in snapshot.raw
    ]


def statement_head(
    stored: StoredUnder, statement: Statement, baseline_id: SnapshotId | None, baseline_date: date | None
) -> Row:
    """The statement's own row. Only whole statements are made, so it is complete."""
    return stored.key() | {
        "since": statement.since,
        "until": statement.until,
        "complete": True,
        "pages": statement.executions.pages + statement.activities.pages,
        "baseline_snapshot_id": baseline_id,
        "baseline_date": baseline_date,
        "unmapped": [*statement.executions.unmapped, *statement.activities.unmapped],
    }


def statement_executions(stored: StoredUnder, statement: Statement) -> list[Row]:
    """One row per execution the broker reports."""
    return [stored.key() | _execution(stored, record) for record in statement.executions.records]


def _execution(stored: StoredUnder, record: Execution) -> Row:
    business_date, settles_on = place_execution(record, stored.sessions)
    return {
        "execution_id": record.execution_id,
        "client_order_id": record.client_order_id,
        "broker_order_id": record.broker_order_id,
        "instrument_id": stored.id_of(record.instrument),
        "side": record.side.value,
        "quantity": record.quantity,
        "price": record.price,
        "amount": record.cash_change,
        "fee": record.fee,
        "fee_currency": record.fee_currency,
        "executed_at": record.executed_at,
        "business_date": business_date,
        "settles_on": settles_on,
        "status": record.status.value,
    }


def statement_activities(stored: StoredUnder, statement: Statement) -> list[Row]:
    """One row per activity the broker reports."""
    return [stored.key() | _activity(stored, record) for record in statement.activities.records]


def _activity(stored: StoredUnder, record: Activity) -> Row:
    business_date, settles_on = place_activity(record, stored.sessions)
    return {
        "activity_id": record.activity_id,
        "kind": record.kind.value,
        "instrument_id": stored.id_of(record.instrument) if record.instrument else None,
        "quantity": record.quantity,
        "price": record.price,
        "amount": record.amount,
        "currency": record.currency,
        "occurred_at": record.occurred_at,
        "business_date": business_date,
        "settles_on": settles_on,
        "group_id": record.group_id,
        "ratio": record.ratio,
        "status": record.status.value,
        "venue_kind": record.venue_kind,
        "description": record.description,
    }
