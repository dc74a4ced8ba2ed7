"""ccxt's trade to our execution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from brokers.ccxt.fields import moment_of, number
from brokers.ccxt.markets import Market, in_units, instrument_of
from brokers.ccxt.paging import pick
from brokers.ccxt.parse.orders import LEGS
from tieout.errors import Malformed
from tieout.ids import BrokerOrderId, ClientOrderId, ExecutionId
from tieout.money import ZERO, exact_or_none
from tieout.orders import Side
from tieout.records import Execution


@dataclass(frozen=True, slots=True)
class TradeWords:
    """Where a venue's own trade row has what ccxt leaves out.

    key      fields that name one trade of the account, alone or together: many venues count per market
    client   our id of the order, where the row has it
    leg      the leg of hedge mode
    """

    key: tuple[str, ...]
    client: str = ""
    leg: str = ""


def execution(record: Mapping[str, Any], market: Market, words: TradeWords) -> Execution:
    """One trade. Raises Malformed for what cannot be read."""
    raw: Mapping[str, Any] = record.get("info") or {}
    name = ":".join(str(raw.get(field)) for field in words.key)
    where = f"trade {name}"
    fee, currency = _fee(record, where)
    client, order = pick(raw, words.client), record.get("order")
    executed_at = moment_of(record, "timestamp")
    if (
        executed_at is None
        or record.get("side") not in frozenset(Side)
        or any(raw.get(one) is None for one in words.key)
    ):
        raise Malformed(f"{where}: number, side or time is missing", received=repr(raw)[:300])
    try:
        return Execution(
            execution_id=ExecutionId(name),
            instrument=instrument_of(market, LEGS.get(str(raw.get(words.leg)))),
            side=Side(record["side"]),
            quantity=in_units(number(record, "amount", where), market),
            price=number(record, "price", where),
            executed_at=executed_at,
            fee=fee,
            fee_currency=currency or str(market["settle"] or market["quote"]),
            client_order_id=ClientOrderId(str(client)) if client else None,
            broker_order_id=BrokerOrderId(str(order)) if order else None,
        )
    except ValueError as error:
        raise Malformed(f"{where}: {error}") from error


def _fee(record: Mapping[str, Any], where: str) -> tuple[Decimal, str | None]:
    """What was paid, above zero is a cost, and in which coin. One trade with two fees is not known to exist."""
    stated = record.get("fees") or [record.get("fee") or {}]
    fees = [(exact_or_none(one.get("cost"), f"{where}: fee"), one.get("currency")) for one in stated]
    paid = [(cost, currency) for cost, currency in fees if cost]
    if len(paid) > 1:
        raise Malformed(f"{where}: {len(paid)} fees for one trade", received=repr(stated))
    if paid and paid[0][1] is None:
        raise Malformed(f"{where}: a fee without its currency", received=repr(stated))
    return (paid[0][0] or ZERO, paid[0][1]) if paid else (ZERO, next((currency for _, currency in fees), None))
