"""The trade blotter and the confirmations: what was traded, trade by trade and order by order. Pure.

The columns follow what a broker-dealer keeps and sends: the record of original entry of purchases and sales (SEC Rule
17a-3(a)(1): account, price, date, security) and the confirmation of a transaction (Rule 10b-10(a): date and time,
identity, price, number of units, remuneration). They are our record of them, not the broker's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tieout.ids import AccountId, IntentId
from tieout.instruments import Instrument
from tieout.money import WIDE, ZERO, rounded
from tieout.records import Execution


@dataclass(frozen=True, slots=True)
class Trade:
    """One execution as the journal holds it, with what we know of its order.

    trade_date    session in which it was made, also where a correction came later
    settles_on    date its money moves
    strategy      who decided it, empty where nobody of ours did
    source        order, import, statement or resolution
    """

    account_id: AccountId
    execution: Execution
    trade_date: date
    settles_on: date
    intent_id: IntentId | None = None
    strategy: str = ""
    source: str = "order"


@dataclass(frozen=True, slots=True)
class BlotterRow:
    """One execution.

    price     currency per unit of underlying
    gross     quantity × price × multiplier, above zero, in `currency`
    fee       above zero is a cost, in fee_currency
    net       change of cash in `currency`, below zero is paid, with the fee where it is in the same currency; None for
              futures, perpetuals and CFDs, which move no money but fees until they are closed
    status    executed, corrected or cancelled
    """

    trade_date: date
    settles_on: date
    executed_at: datetime
    account: str
    symbol: str
    asset_class: str
    side: str
    quantity: Decimal
    price: Decimal
    currency: str
    gross: Decimal
    fee: Decimal
    fee_currency: str
    net: Decimal | None
    strategy: str
    intent_id: str | None
    client_order_id: str | None
    broker_order_id: str | None
    execution_id: str
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What one order traded in one instrument on one day; a second row where it paid fees in a second currency.

    average_price    gross ÷ (quantity × multiplier), to 18 digits
    gross, net       as in BlotterRow, of all its executions
    """

    trade_date: date
    settles_on: date
    account: str
    symbol: str
    asset_class: str
    side: str
    quantity: Decimal
    average_price: Decimal
    currency: str
    gross: Decimal
    fees: Decimal
    fee_currency: str
    net: Decimal | None
    executions: int
    first_at: datetime
    last_at: datetime
    strategy: str
    intent_id: str | None
    client_order_id: str | None
    broker_order_id: str | None


def blotter(trades: Iterable[Trade]) -> list[BlotterRow]:
    """Each trade, in order of time."""
    ordered = sorted(trades, key=lambda one: (one.execution.executed_at, one.account_id, one.execution.execution_id))
    return [_row(one) for one in ordered]


def confirmations(trades: Iterable[Trade]) -> list[Confirmation]:
    """Each order's trades of a day as one, in order of their first; a trade without an order stands alone."""
    orders: dict[tuple[object, ...], list[Trade]] = {}
    for one in sorted(trades, key=lambda one: (one.execution.executed_at, one.execution.execution_id)):
        orders.setdefault(_order_of(one), []).append(one)
    return [_confirmation(each) for each in orders.values()]


def _order_of(one: Trade) -> tuple[object, ...]:
    made = one.execution
    order = (made.client_order_id, made.broker_order_id if made.client_order_id is None else None)
    alone = made.execution_id if order == (None, None) else None
    return one.account_id, *order, alone, made.instrument.symbol, made.side, one.trade_date, made.fee_currency


def _row(one: Trade) -> BlotterRow:
    made = one.execution
    return BlotterRow(
        trade_date=one.trade_date,
        settles_on=one.settles_on,
        executed_at=made.executed_at,
        account=one.account_id,
        symbol=made.instrument.symbol,
        asset_class=made.instrument.asset_class.value,
        side=made.side.value,
        quantity=made.quantity,
        price=made.price,
        currency=made.instrument.currency,
        gross=rounded(_gross(made)),
        fee=made.fee,
        fee_currency=made.fee_currency,
        net=_net(made),
        strategy=one.strategy,
        intent_id=one.intent_id,
        client_order_id=made.client_order_id,
        broker_order_id=made.broker_order_id,
        execution_id=made.execution_id,
        status=made.status.value,
        source=one.source,
    )


def _confirmation(trades: list[Trade]) -> Confirmation:
    first, made = trades[0], [one.execution for one in trades]
    instrument = made[0].instrument
    quantity, gross = _sum(one.quantity for one in made), _sum(_gross(one) for one in made)
    return Confirmation(
        trade_date=first.trade_date,
        settles_on=max(one.settles_on for one in trades),
        account=first.account_id,
        symbol=instrument.symbol,
        asset_class=instrument.asset_class.value,
        side=made[0].side.value,
        quantity=quantity,
        average_price=_average(gross, quantity, instrument),
        currency=instrument.currency,
        gross=rounded(gross),
        fees=_sum(one.fee for one in made),
        fee_currency=made[0].fee_currency,
        net=None if instrument.is_margined else _sum(_net(one) or ZERO for one in made),
        executions=len(made),
        first_at=made[0].executed_at,
        last_at=made[-1].executed_at,
        strategy=first.strategy,
        intent_id=first.intent_id,
        client_order_id=made[0].client_order_id,
        broker_order_id=made[0].broker_order_id,
    )


def _gross(made: Execution) -> Decimal:
    return made.instrument.value(made.quantity, made.price)


def _net(made: Execution) -> Decimal | None:
    if made.instrument.is_margined:
        return None
    fee = made.fee if made.fee_currency == made.instrument.currency else ZERO
    return WIDE.subtract(made.cash_change, fee)


def _average(gross: Decimal, quantity: Decimal, instrument: Instrument) -> Decimal:
    return rounded(WIDE.divide(gross, WIDE.multiply(quantity, instrument.multiplier)))


def _sum(numbers: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for one in numbers:
        total = WIDE.add(total, one)
    return total
