"""Records for the store tests, in the shape that brokers report them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.accounts import Account, Mode
from tieout.ids import AccountId, ActivityId, ExecutionId
from tieout.instruments import Instrument, equity, option
from tieout.orders import Side
from tieout.records import Activity, ActivityKind, Execution
from tieout.sessions import Sessions

ACCOUNT = AccountId("alpaca-main")
SESSIONS = Sessions("XNYS")
THURSDAY = date(2026, 1, 15)
FRIDAY = date(2026, 1, 16)
TUESDAY = date(2026, 1, 20)  # Monday the 19th is a holiday
NOON = datetime(2026, 1, 15, 17, tzinfo=UTC)
EVENING = datetime(2026, 1, 15, 23, tzinfo=UTC)
NEXT_EVENING = EVENING + timedelta(days=1)

AAPL = equity("AAPL")
MSFT = equity("MSFT")
PUT = option("AAPL260116P00150000")


def an_account(**changed: Any) -> Account:
    fields = {
        "account_id": ACCOUNT,
        "broker": "alpaca",
        "mode": Mode.PAPER,
        "base_currency": "USD",
        "calendar": "XNYS",
    }
    return Account(**(fields | changed))


def a_fill(execution_id: str = "e-1", instrument: Instrument = AAPL, **changed: Any) -> Execution:
    fields: dict[str, Any] = {
        "side": Side.BUY,
        "quantity": Decimal(10),
        "price": Decimal("150.25"),
        "executed_at": NOON,
        "fee": Decimal("0.02"),
    }
    return Execution(ExecutionId(execution_id), instrument, **(fields | changed))


def a_dividend(activity_id: str = "d-1", **changed: Any) -> Activity:
    fields: dict[str, Any] = {"instrument": AAPL, "amount": Decimal("2.40"), "settles_on": FRIDAY}
    return Activity(ActivityId(activity_id), ActivityKind.DIVIDEND, NOON, **(fields | changed))


def cash(amount: str, activity_id: str = "c-1") -> Activity:
    return Activity(ActivityId(activity_id), ActivityKind.OPENING, NOON, amount=Decimal(amount))
