"""Accounts, orders and fills as Coinbase writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from simulator.account import SimulatedAccount
from simulator.ids import venue_uuid
from simulator.orders import WorkingOrder
from simulator.protocols.coins.ledger import trades_of
from simulator.protocols.coins.orders import coin_order, ended_by_venue, shown_id
from simulator.protocols.coins.rows import Row, trimmed
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import Wallet, is_maker
from tieout.money import ZERO
from tieout.orders import OrderState, OrderType, Side, TimeInForce
from tieout.records import Execution

_EIGHTH = Decimal("0.00000001")
_HUNDRED = Decimal(100)
_STATES = {
    OrderState.WORKING: "OPEN",
    OrderState.PARTIALLY_FILLED: "OPEN",
    OrderState.FILLED: "FILLED",
    OrderState.CANCELLED: "CANCELLED",
    OrderState.REPLACED: "CANCELLED",
    OrderState.EXPIRED: "EXPIRED",
    OrderState.REJECTED: "FAILED",
}
_EMPTY = ["reject_message", "cancel_message", "leverage", "originating_order_id", "attached_order_id", "margin_type"]
_MONEY = frozenset({"USD", "EUR", "GBP"})


def rfc3339(moment: datetime) -> str:
    """`2024-01-15T10:30:00.123456Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def portfolio_id(account: SimulatedAccount) -> str:
    return venue_uuid(account.account_number, "portfolio")


def wallet_id(account: SimulatedAccount, coin: str) -> str:
    return venue_uuid(account.account_number, "wallet", coin)


def account_row(account: SimulatedAccount, one: Wallet) -> Row:
    """GET /api/v3/brokerage/accounts: what is available, and what orders hold besides."""
    return {
        "uuid": wallet_id(account, one.coin),
        "name": f"{one.coin} Wallet",
        "currency": one.coin,
        "available_balance": {"value": trimmed(one.total - one.locked), "currency": one.coin},
        "default": True,
        "active": True,
        "created_at": "2021-05-31T09:59:59Z",
        "updated_at": rfc3339(account.now),
        "deleted_at": None,
        "type": "ACCOUNT_TYPE_FIAT" if one.coin in _MONEY else "ACCOUNT_TYPE_CRYPTO",
        "ready": True,
        "hold": {"value": trimmed(one.locked), "currency": one.coin},
        "retail_portfolio_id": portfolio_id(account),
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
    }


def order_row(account: SimulatedAccount, working: WorkingOrder, market: CoinMarket) -> Row:
    """GET /api/v3/brokerage/orders/historical."""
    order, made = coin_order(working), trades_of(account, working)
    filled, value = working.filled_quantity, working.filled_value
    fees = sum((one.fee for one in made), ZERO)
    over = ended_by_venue(working)
    held = order.limit_price * working.remaining if order.limit_price and order.side is Side.BUY else ZERO
    return {
        **dict.fromkeys(_EMPTY, ""),
        "order_id": working.broker_order_id,
        "product_id": market.symbol,
        "user_id": venue_uuid(account.account_number, "user"),
        "order_configuration": configuration(working),
        "side": order.side.value.upper(),
        "client_order_id": shown_id(order.client_order_id),
        "status": _STATES[working.state],
        "time_in_force": _until(working),
        "created_time": rfc3339(working.submitted_at),
        "completion_percentage": trimmed((filled / order.quantity * _HUNDRED).quantize(_EIGHTH, ROUND_HALF_EVEN)),
        "filled_size": trimmed(filled),
        "average_filled_price": trimmed((value / filled).quantize(_EIGHTH, ROUND_HALF_EVEN)) if filled else "0",
        "fee": "",
        "number_of_fills": str(len(made)),
        "filled_value": trimmed(value),
        "pending_cancel": False,
        "size_in_quote": order.spends is not None,
        "total_fees": trimmed(fees),
        "size_inclusive_of_fees": False,
        "total_value_after_fees": trimmed(value + fees * order.side.sign),
        "trigger_status": _trigger(working),
        "order_type": "STOP_LIMIT" if order.stop_price else order.order_type.value.upper(),
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "settled": working.state is OrderState.FILLED or over,
        "product_type": "SPOT",
        "order_placement_source": "RETAIL_ADVANCED",
        "outstanding_hold_amount": trimmed(held) if working.state.is_live else "0",
        "is_liquidation": False,
        "last_fill_time": rfc3339(made[-1].executed_at) if made else None,
        "retail_portfolio_id": portfolio_id(account),
        "edit_history": [],
    }


def configuration(working: WorkingOrder) -> Row:
    """What was asked for, in the object that names the kind of order."""
    order = coin_order(working)
    size, price = trimmed(order.quantity), trimmed(order.limit_price)
    if order.order_type is OrderType.MARKET:
        return {"market_market_ioc": {"quote_size": trimmed(order.spends)} if order.spends else {"base_size": size}}
    if order.stop_price is not None:
        way = "STOP_DIRECTION_STOP_UP" if order.side is Side.BUY else "STOP_DIRECTION_STOP_DOWN"
        inner = {"base_size": size, "limit_price": price, "stop_price": trimmed(order.stop_price)}
        return {"stop_limit_stop_limit_gtc": {**inner, "stop_direction": way}}
    if order.time_in_force is TimeInForce.IOC:
        return {"sor_limit_ioc": {"base_size": size, "limit_price": price}}
    if order.time_in_force is TimeInForce.FOK:
        return {"limit_limit_fok": {"base_size": size, "limit_price": price}}
    return {"limit_limit_gtc": {"base_size": size, "limit_price": price, "post_only": order.post_only}}


def fill_row(account: SimulatedAccount, number: int, one: Execution, market: CoinMarket) -> Row:
    """GET /api/v3/brokerage/orders/historical/fills: the commission is in quote currency."""
    at = rfc3339(one.executed_at)
    return {
        "entry_id": venue_uuid(one.execution_id, "entry"),
        "trade_id": str(number),
        "order_id": one.broker_order_id,
        "trade_time": at,
        "trade_type": "FILL",
        "price": trimmed(one.price),
        "size": trimmed(one.quantity),
        "commission": trimmed(one.fee),
        "product_id": market.symbol,
        "sequence_timestamp": at,
        "liquidity_indicator": "MAKER" if is_maker(account, one) else "TAKER",
        "size_in_quote": False,
        "user_id": venue_uuid(account.account_number, "user"),
        "side": one.side.value.upper(),
        "retail_portfolio_id": portfolio_id(account),
        "fillSource": "FILL_SOURCE_CLOB",
    }


def _until(working: WorkingOrder) -> str:
    return {
        TimeInForce.IOC: "IMMEDIATE_OR_CANCEL",
        TimeInForce.FOK: "FILL_OR_KILL",
    }.get(working.order.time_in_force, "GOOD_UNTIL_CANCELLED")


def _trigger(working: WorkingOrder) -> str:
    if working.order.stop_price is None:
        return "INVALID_ORDER_TYPE"
    return "STOP_TRIGGERED" if working.triggered else "STOP_PENDING"
