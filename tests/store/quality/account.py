"""One clean account as rows of the warehouse, to be spoiled in one place and judged."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from sql.bulk import arrow_table, insert_arrow
from sql.quality.subject import Subject, read_subject
from sql.schema import warehouse as tables
from tieout.ids import AccountId, SnapshotId
from tieout.settings import Tolerances

ACCOUNT = AccountId("paper-main")
DAY, DAY_BEFORE = date(2026, 1, 5), date(2026, 1, 2)
CAPTURED = datetime(2026, 1, 5, 21, 5, tzinfo=UTC)
SINCE = datetime(2026, 1, 2, 21, 5, tzinfo=UTC)
PRICED = datetime(2026, 1, 5, 21, 0, tzinfo=UTC)
OURS = "0f" * 16
D = Decimal
Row = dict[str, Any]
_ids = itertools.count(1000)


def position(instrument_id: int, symbol: str, asset_class: str, quantity: str, price: str, **more: Any) -> Row:
    multiplier = D(more.pop("multiplier", "1"))
    value = D(quantity) * D(price) * multiplier
    return {
        "instrument_id": instrument_id,
        "symbol": symbol,
        "asset_class": asset_class,
        "quantity": D(quantity),
        "side": "long" if D(quantity) > 0 else "short",
        "market_price": D(price),
        "market_value": value,
        "multiplier": multiplier,
        "currency": "USD",
        "priced_at": PRICED,
        **more,
    }


def positions() -> list[Row]:
    put = {"expiration": date(2026, 1, 16), "option_right": "put", "strike": D("150"), "multiplier": "100"}
    return [
        position(1, "AAPL", "equity", "10", "150.25"),
        position(2, "TSLA", "equity", "-5", "200"),
        position(3, "AAPL  260116P00150000", "option", "-1", "2.5", **put),
        position(4, "BTC/USD", "crypto", "0.123456789012345678", "40000"),
        position(5, "BTC/USD:USD", "perpetual", "1", "40000", unrealized_pnl=D("150")),
    ]


def equity(cash: Decimal, held: list[Row]) -> Decimal:
    return cash + sum((row.get("unrealized_pnl", row["market_value"]) for row in held), D(0))


def execution(execution_id: str, instrument_id: int, side: str, **more: Any) -> Row:
    return {
        "execution_id": execution_id,
        "client_order_id": OURS,
        "instrument_id": instrument_id,
        "side": side,
        "quantity": D(5),
        "price": D("200"),
        "fee": D(0),
        "fee_currency": "USD",
        "executed_at": datetime(2026, 1, 5, 15, tzinfo=UTC),
        "business_date": DAY,
        "settles_on": date(2026, 1, 6),
        "status": "executed",
        **more,
    }


def activity(activity_id: str, kind: str, **more: Any) -> Row:
    return {
        "activity_id": activity_id,
        "kind": kind,
        "instrument_id": 1,
        "quantity": D(0),
        "amount": D("2.4"),
        "currency": "USD",
        "occurred_at": datetime(2026, 1, 5, 5, tzinfo=UTC),
        "business_date": DAY,
        "status": "executed",
        "venue_kind": "DIV",
        "description": "",
        **more,
    }


def order() -> Row:
    return {
        "broker_order_id": "b-1",
        "client_order_id": OURS,
        "instrument_id": 1,
        "side": "buy",
        "quantity": D(10),
        "filled_quantity": D(4),
        "limit_price": D("149"),
        "state": "partially_filled",
        "venue_status": "partially_filled",
        "submitted_at": datetime(2026, 1, 5, 15, tzinfo=UTC),
    }


@dataclass
class Account:
    """Rows of one snapshot, by table. `baseline` is what the session before held."""

    head: Row = field(default_factory=dict)
    statement: Row | None = field(default_factory=dict)
    positions: list[Row] = field(default_factory=positions)
    balances: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=lambda: [order()])
    executions: list[Row] = field(default_factory=lambda: [execution("e-1", 2, "sell"), execution("e-2", 9, "sell")])
    activities: list[Row] = field(default_factory=list)
    baseline: list[Row] = field(default_factory=list)

    def store(self, connection: Connection, *, priced_since: datetime | None = None) -> Subject:
        """Store it under a new id beside its baseline, and return what a judgement needs."""
        snapshot_id, baseline_id = next(_ids), next(_ids)
        self._append(connection, baseline_id, tables.snapshot, [_head(DAY_BEFORE, SINCE, self.baseline, "accepted")])
        self._append(connection, baseline_id, tables.snapshot_position, self.baseline)
        head = _head(DAY, CAPTURED, self.positions, "pending") | self.head
        self._append(connection, snapshot_id, tables.snapshot, [head])
        self._append(connection, snapshot_id, tables.snapshot_position, self.positions)
        self._append(connection, snapshot_id, tables.snapshot_balance, self.balances)
        self._append(connection, snapshot_id, tables.snapshot_order, self.orders)
        if self.statement is not None:
            window = {"since": SINCE, "until": CAPTURED, "complete": True, "pages": 2, "unmapped": []}
            baseline = {"baseline_snapshot_id": baseline_id, "baseline_date": DAY_BEFORE}
            self._append(connection, snapshot_id, tables.statement, [window | baseline | self.statement])
        self._append(connection, snapshot_id, tables.statement_execution, self.executions)
        self._append(connection, snapshot_id, tables.statement_activity, self.activities)
        return subject_of(connection, snapshot_id, priced_since=priced_since)

    @staticmethod
    def _append(connection: Connection, snapshot_id: int, table: Any, rows: list[Row]) -> None:
        keyed = [{"snapshot_id": snapshot_id, "account_id": ACCOUNT} | row for row in rows]
        insert_arrow(connection, table, arrow_table(table, keyed))


def _head(day: date, captured_at: datetime, held: list[Row], status: str) -> Row:
    return {
        "business_date": day,
        "captured_at": captured_at,
        "completeness": "complete",
        "status": status,
        "run_id": f"{ACCOUNT}-{day:%Y%m%d}-01",
        "reads": 2,
        "positions": len(held),
        "proof": {},
        "unmapped": [],
    }


def subject_of(connection: Connection, snapshot_id: int, *, priced_since: datetime | None = None) -> Subject:
    return read_subject(
        connection,
        SnapshotId(snapshot_id),
        account_id=ACCOUNT,
        business_date=DAY,
        captured_at=CAPTURED,
        tolerances=Tolerances(),
        priced_since=priced_since,
    )


def clean() -> Account:
    """Every expectation holds: five positions of four classes, one order, two executions, two activities, and two
    positions that closed since the session before, each explained."""
    account = Account()
    account.balances = [{"currency": "USD", "cash": D(5000), "equity": equity(D(5000), account.positions)}]
    account.activities = [
        activity("a-1", "dividend"),
        activity("a-2", "split", quantity=D(5), amount=D(0), ratio=D(2), venue_kind="SPLIT"),
        activity("a-3", "expiration", instrument_id=8, quantity=D(2), amount=D(0), venue_kind="OPEXP"),
    ]
    call = {"expiration": date(2026, 1, 2), "option_right": "call", "strike": D("277.5"), "multiplier": "100"}
    account.baseline = [
        *positions(),
        position(8, "MSFT  260102C00277500", "option", "-2", "0.01", **call),
        position(9, "NVDA", "equity", "5", "200"),
    ]
    return copy.deepcopy(account)


def spoil(rows: list[Row], index: int = 0, **changes: Any) -> None:
    """Change one row."""
    rows[index] |= changes


def names(results: Mapping[str, Any]) -> list[str]:
    return sorted(name for name, one in results.items() if not one.success)
