"""The client library's objects as rows of text: floats to their shortest exact digits, the wire's `unset` to nothing.

TWS sends doubles and the library reads floats; the shortest text that gives the same float is what was on the wire.
"""

from __future__ import annotations

import math
from typing import Any

from brokers.http.fields import Row

_UNSET_DOUBLE = 1.7976931348623157e308
_UNSET_INTEGER = 2147483647
_CONTRACT = (
    *("conId", "symbol", "secType", "lastTradeDateOrContractMonth", "strike", "right", "multiplier", "exchange"),
    *("currency", "localSymbol", "tradingClass"),
)
_ORDER = (
    *("orderId", "clientId", "permId", "action", "totalQuantity", "orderType", "lmtPrice", "auxPrice", "tif"),
    *("account", "orderRef", "outsideRth", "parentId", "filledQuantity", "trailStopPrice", "trailingPercent"),
)
_EXECUTION = (
    *("execId", "orderRef", "permId", "orderId", "clientId", "acctNumber", "side", "shares", "price"),
    *("cumQty", "avgPrice"),
)


def text(value: object) -> object:
    """A field as text; None where the wire's `unset` stands."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        unset = value == _UNSET_DOUBLE or math.isnan(value) or math.isinf(value)
        return None if unset else repr(value)
    if isinstance(value, int):
        return None if value == _UNSET_INTEGER else str(value)
    return str(value)


def contract_fields(contract: Any) -> dict[str, object]:
    """A contract's fields."""
    return {name: text(getattr(contract, name)) for name in _CONTRACT}


def position_row(position: Any, priced: Any) -> Row:
    """A position with the prices that the portfolio gives for it, if it does."""
    fields = contract_fields(position.contract) | {
        "account": position.account,
        "qty": text(position.position),
        "avgCost": text(position.avgCost),
    }
    if priced is not None and priced.position == position.position:
        fields |= {"marketPrice": text(priced.marketPrice), "marketValue": text(priced.marketValue)}
        fields |= {"unrealizedPNL": text(priced.unrealizedPNL)}
    return Row(fields, f"position of {position.contract.localSymbol or position.contract.symbol}")


def order_row(trade: Any) -> Row:
    """An order with its state."""
    order, status = trade.order, trade.orderStatus
    fields = contract_fields(trade.contract) | {name: text(getattr(order, name)) for name in _ORDER}
    fields |= {"status": status.status, "filled": text(status.filled), "avgFillPrice": text(status.avgFillPrice)}
    fields["permId"] = text(order.permId or status.permId)
    fields["legs"] = [
        {"conId": leg.conId, "ratio": leg.ratio, "action": leg.action} for leg in trade.contract.comboLegs or ()
    ]
    fields["messages"] = [entry.message for entry in trade.log if entry.errorCode]
    return Row(fields, f"order {fields['permId']}")


def completed_row(trade: Any, state: Any) -> Row:
    """An order of the list of completed ones; the library drops its time and words, so they come apart."""
    row = order_row(trade)
    return Row({**row.values, "completedTime": state[0], "completedStatus": state[1]}, row.where)


def execution_row(fill: Any) -> Row:
    """A trade, with what it cost where the report of that has come."""
    execution, report = fill.execution, fill.commissionReport
    fields = contract_fields(fill.contract) | {name: text(getattr(execution, name)) for name in _EXECUTION}
    fields["time"] = execution.time.isoformat()
    if report.execId:
        fields |= {"commission": text(report.commission), "commissionCurrency": report.currency}
    return Row(fields, f"execution {execution.execId}")
