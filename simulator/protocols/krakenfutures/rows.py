"""Orders, trades, positions and the account log as Kraken Futures writes them. Times are text, but in the history."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.orders import WorkingOrder
from simulator.protocols.coins.ledger import Entry, Event
from simulator.protocols.coins.orders import coin_order, shown_id
from simulator.protocols.coins.rows import Row, milliseconds, trimmed
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import ContractPosition, is_maker
from simulator.protocols.krakenfutures.codes import iso
from simulator.protocols.wire import bare
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.orders import OrderState, OrderType, TimeInForce
from tieout.records import Activity, ActivityKind, Execution

_KINDS = {
    ActivityKind.FUNDING: "funding rate change",
    ActivityKind.INTEREST: "interest payment",
    ActivityKind.CONVERSION: "conversion",
    ActivityKind.JOURNAL: "cross-exchange transfer",
    ActivityKind.LIQUIDATION: "futures liquidation",
    ActivityKind.FEE: "futures liquidation",
    ActivityKind.DELEVERAGING: "futures unwind counterparty",
}


def is_spoken(instrument: Instrument) -> bool:
    """Perpetuals in US dollars: the venue has no others."""
    return instrument.is_margined and instrument.currency == "USD"


def named(instrument: Instrument) -> str:
    """`PI_XBTUSD` for a contract that pays in coin, `PF_XBTUSD` for one that pays in dollars."""
    base = "XBT" if instrument.underlying == "BTC" else instrument.underlying
    return f"{'PI' if instrument.is_inverse else 'PF'}_{base}{instrument.currency}"


def coin_name(coin: str) -> str:
    """`xbt` in the account log and the margin accounts."""
    return {"BTC": "xbt"}.get(coin, coin.lower())


def kind_of(working: WorkingOrder) -> str:
    """`lmt`, `ioc`, `fok`, `post`, `mkt`, `stp`."""
    order = coin_order(working)
    if order.order_type is OrderType.MARKET:
        return "mkt"
    if order.order_type in (OrderType.STOP, OrderType.STOP_LIMIT):
        return "stp"
    if order.post_only:
        return "post"
    return {TimeInForce.IOC: "ioc", TimeInForce.FOK: "fok"}.get(order.time_in_force, "lmt")


def open_row(working: WorkingOrder, market: CoinMarket) -> Row:
    """GET /openorders."""
    order = coin_order(working)
    row: Row = {
        "order_id": working.broker_order_id,
        "symbol": market.symbol,
        "side": order.side.value,
        "orderType": kind_of(working),
        "limitPrice": _number(order.limit_price),
        "unfilledSize": _number(working.remaining),
        "receivedTime": iso(working.submitted_at),
        "status": "partiallyFilled" if working.filled_quantity else "untouched",
        "filledSize": _number(working.filled_quantity),
        "reduceOnly": order.reduce_only,
        "lastUpdateTime": iso(working.updated_at),
    }
    if order.stop_price is not None:
        row |= {"stopPrice": _number(order.stop_price), "triggerSignal": "last"}
    return row | ({"cliOrdId": shown_id(order.client_order_id)} if shown_id(order.client_order_id) else {})


def placed_row(working: WorkingOrder, market: CoinMarket) -> Row:
    """The order inside of an acknowledgement."""
    order = coin_order(working)
    return {
        "orderId": working.broker_order_id,
        "cliOrdId": shown_id(order.client_order_id) or None,
        "type": kind_of(working),
        "symbol": market.symbol,
        "side": order.side.value,
        "quantity": _number(order.quantity),
        "filled": _number(ZERO),
        "limitPrice": _number(order.limit_price),
        "reduceOnly": order.reduce_only,
        "timestamp": iso(working.submitted_at),
        "lastUpdateTimestamp": iso(working.submitted_at),
    }


def history_rows(working: WorkingOrder, market: CoinMarket) -> list[Row]:
    """GET /api/history/v2/orders: an event for each state that an order was in."""
    placed = _event(working, "OrderPlaced", {"order": _past(working, market, ZERO), "reason": "new_user_order"}, 0)
    now, filled = _past(working, market, working.filled_quantity), working.filled_quantity
    rows = [placed]
    if filled:
        whole = working.state is OrderState.FILLED
        reason = "full_fill" if whole else "partial_fill"
        before = _past(working, market, ZERO)
        told: Row = {"oldOrder": before, "newOrder": now, "reason": reason, "reducedQuantity": trimmed(filled)}
        rows.append(_event(working, "OrderUpdated", told, 1))
    if working.state in (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REPLACED):
        rows.append(_event(working, "OrderCancelled", {"order": now, "reason": "cancelled_by_user"}, 2))
    return rows


def fill_row(account: SimulatedAccount, trade: Execution, market: CoinMarket) -> Row:
    """GET /fills."""
    row: Row = {
        "fill_id": trade.execution_id,
        "symbol": market.symbol,
        "side": trade.side.value,
        "order_id": trade.broker_order_id,
        "fillTime": iso(trade.executed_at),
        "size": _number(trade.quantity),
        "price": _number(trade.price),
        "fillType": "maker" if is_maker(account, trade) else "taker",
    }
    return row | ({"cliOrdId": shown_id(trade.client_order_id)} if trade.client_order_id else {})


def forced_fill_row(event: Event, one: Activity, market: CoinMarket) -> Row:
    """A fill by which the venue closed a position itself."""
    return {
        "fill_id": one.activity_id,
        "symbol": market.symbol,
        "side": "buy" if event.units > 0 else "sell",
        "order_id": f"forced-{event.number}",
        "fillTime": iso(one.occurred_at),
        "size": _number(abs(event.units)),
        "price": _number(one.price),
        "fillType": "liquidation" if one.kind is ActivityKind.LIQUIDATION else "unwindCounterparty",
    }


def position_row(one: ContractPosition) -> Row:
    """GET /openpositions: what is held counts up from zero, and `side` says which way."""
    return {
        "side": "long" if one.quantity > 0 else "short",
        "symbol": one.market.symbol,
        "price": _number(one.entry),
        "fillTime": iso(one.since),
        "size": _number(abs(one.quantity)),
        "unrealizedFunding": _number(ZERO),
    }


def log_rows(one: Entry, market: CoinMarket | None) -> Iterator[Row]:
    """GET /api/history/v3/account-log: what changed a position has a row of its own, whose asset is the contract."""
    record = one.trade or one.activity
    moved = _moved(record)
    if market is not None and moved:
        leg = _log_row(one, market, market.symbol.lower(), one.held - moved, one.held, "0")
        yield leg | {"realized_pnl": None, "fee": None}
    money = _log_row(one, market, coin_name(one.coin), one.balance - one.net, one.balance, "1")
    yield money


def _moved(record: Execution | Activity | None) -> Decimal:
    if isinstance(record, Execution):
        return record.signed_quantity
    return ZERO if record is None else record.quantity


def _log_row(one: Entry, market: CoinMarket | None, asset: str, before: Decimal, after: Decimal, part: str) -> Row:
    record, info = one.trade or one.activity, _info(one)
    funding = one.change if one.kind is ActivityKind.FUNDING else None
    charged = one.kind is ActivityKind.FEE
    profit = one.change if one.trade is not None or (info.startswith("futures") and not charged) else None
    return {
        "id": one.number * 10 + int(part),
        "date": iso(one.at),
        "asset": asset,
        "info": info,
        "booking_uid": f"{one.number}-{part}",
        "margin_account": "flex" if market is None or not market.is_inverse else market.symbol.lower(),
        "old_balance": _number(before),
        "new_balance": _number(after),
        "trade_price": _number(getattr(record, "price", None)),
        "mark_price": None,
        "realized_pnl": _number(profit),
        "fee": _number(-one.change if charged else one.fee),
        "execution": one.trade.execution_id if one.trade else None,
        "funding_rate": None,
        "realized_funding": _number(funding),
        "contract": None if market is None else market.symbol.lower(),
    }


def _info(one: Entry) -> str:
    if one.kind is None:
        return "futures trade"
    if one.kind is ActivityKind.TRANSFER:
        return "deposit" if one.change > 0 else "withdrawal"
    return _KINDS.get(one.kind, "admin transfer")


def _past(working: WorkingOrder, market: CoinMarket, filled: Decimal) -> Row:
    order, kinds = coin_order(working), {"lmt": "Limit", "ioc": "IoC", "post": "Post", "mkt": "Market", "stp": "Stop"}
    return {
        "uid": working.broker_order_id,
        "accountUid": "3c90c3cc-0d44-4b50-8888-8dd25736052a",
        "tradeable": market.symbol,
        "direction": order.side.value.capitalize(),
        "quantity": trimmed(order.quantity),
        "filled": trimmed(filled),
        "timestamp": milliseconds(working.submitted_at),
        "limitPrice": trimmed(order.limit_price),
        "orderType": kinds.get(kind_of(working), "FillOrKill"),
        "clientId": shown_id(order.client_order_id),
        "reduceOnly": order.reduce_only,
        "lastUpdateTimestamp": milliseconds(working.updated_at),
    }


def _event(working: WorkingOrder, kind: str, content: Row, place: int) -> Row:
    at = milliseconds(working.updated_at if place else working.submitted_at)
    return {"uid": f"{working.broker_order_id}:{place}", "timestamp": at, "event": {kind: content}}


def _number(number: Decimal | None) -> object:
    return None if number is None else bare(number.normalize())
