"""Trades of a Flex report. Those of an exchange are executions; those booked by the venue itself are activities."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from brokers.http.fields import Row
from brokers.ibkr.parse.executions import split_id
from brokers.ibkr.parse.flex_rows import codes, instrument_in, moment
from tieout.errors import Malformed
from tieout.ids import BrokerOrderId, ClientOrderId, ExecutionId
from tieout.money import ZERO
from tieout.orders import Side
from tieout.records import Execution, RecordStatus

BOOKED = "BookTrade"
_TRADED = frozenset({"ExchTrade", "FracShare", "DvpTrade", "TradeCorrect"})
_TAKEN_BACK = frozenset({"TradeCancel", "FracShareCancel"})
_CORRECTED = "Co"
_LEVEL = "EXECUTION"


def at_execution_level(rows: Sequence[Row]) -> list[Row]:
    """Trades once: reports may hold summaries by order, symbol and class as well."""
    return [row for row in rows if row.values.get("levelOfDetail") in (_LEVEL, None)]


def traded(rows: Sequence[Row]) -> list[Row]:
    """Those that an exchange made, corrected or took back."""
    return [row for row in at_execution_level(rows) if row.values.get("transactionType") in _TRADED | _TAKEN_BACK]


def booked(rows: Sequence[Row]) -> list[Row]:
    """Those that the venue booked itself: assignment, exercise, expiration, transfers."""
    return [row for row in at_execution_level(rows) if row.values.get("transactionType") == BOOKED]


def flex_execution(row: Row, others: Sequence[Row]) -> Execution:
    """One trade.

    others   the report's trades, among which is the one that a cancellation takes back
    raises   Unmapped where the instrument is not known, Malformed for a field that cannot be read
    """
    gone = row.text("transactionType") in _TAKEN_BACK
    original = _original(row, others) if gone else row
    quantity, name = original.number("quantity"), _execution_id(original)
    if quantity == 0:
        raise Malformed(f"{row.where}: field `quantity`: zero", received="0")
    corrected = _CORRECTED in codes(row, "notes") or row.text("transactionType") == "TradeCorrect"
    reference, order = original.text_or_none("orderReference"), original.text_or_none("ibOrderID")
    return Execution(
        execution_id=name,
        instrument=instrument_in(original),
        side=Side.BUY if quantity > 0 else Side.SELL,
        quantity=abs(quantity),
        price=original.number("tradePrice"),
        executed_at=moment(original),
        fee=cost(original),
        fee_currency=original.text_or_none("ibCommissionCurrency") or original.text("currency"),
        client_order_id=ClientOrderId(reference) if reference else None,
        broker_order_id=BrokerOrderId(order) if order else None,
        status=RecordStatus.CANCELLED if gone else RecordStatus.CORRECTED if corrected else RecordStatus.EXECUTED,
    )


def cost(row: Row) -> Decimal:
    """Commission and taxes; the report states what was paid below zero."""
    return -((row.number_or_none("ibCommission") or ZERO) + (row.number_or_none("taxes") or ZERO))


def _execution_id(row: Row) -> ExecutionId:
    """The same id as the socket gives: the trade's own name without its revision."""
    name = row.text_or_none("ibExecID")
    return ExecutionId(split_id(name)[0] if name else row.text("transactionID"))


def _original(row: Row, others: Sequence[Row]) -> Row:
    wanted = row.text_or_none("origTradeID")
    found = [one for one in others if wanted and one.values.get("tradeID") == wanted and one is not row]
    if len(found) != 1:
        raise Malformed(f"{row.where}: takes back trade {wanted}, which the report does not hold", received=str(wanted))
    return found[0]
