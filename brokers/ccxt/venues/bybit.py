"""Bybit's unified account: spot, linear and inverse contracts, options, over one wallet; and the funding wallet.

An order's id is unique for ever. An order is acknowledged before it is booked. What the venue closes by itself, and
funding, stand in the transaction log; the list of executions holds both as well, and there they are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from brokers.base import Capabilities
from brokers.ccxt.fields import text_in
from brokers.ccxt.paging import Cursor, Listing, dig, rows_in
from brokers.ccxt.parse.executions import TradeWords
from brokers.ccxt.parse.ledger import LedgerWords, in_milliseconds
from brokers.ccxt.parse.orders import OrderWords
from brokers.ccxt.parse.positions import PositionWords
from brokers.ccxt.venue import (
    CONTRACTS,
    INVERSE,
    LINEAR,
    OPTION,
    PLAIN,
    SPOT,
    USUAL_TIMES,
    Facts,
    Ledger,
    Lookup,
    OrdersTold,
    Scoped,
    StreamWord,
    Venue,
)
from brokers.ccxt.venues import bybit_codes
from brokers.http.answers import Answer
from brokers.http.errors import retry_after
from brokers.http.fields import Row, row
from tieout.coins import Wallet
from tieout.errors import ConfigError, Malformed
from tieout.hedge import Leg, leg_of
from tieout.instruments import AssetClass
from tieout.money import ZERO
from tieout.orders import Order, OrderType
from tieout.records import ActivityKind

if TYPE_CHECKING:
    from brokers.ccxt.desk import Desk
    from brokers.ccxt.markets import Market
    from brokers.ccxt.rules import Said

FUNDING = "funding"
_UNIFIED = (SPOT, LINEAR, INVERSE, OPTION)
_SPAN, _ROWS, _NEXT = ("startTime", "endTime"), "result.list", Cursor("result.nextPageCursor")
_WEEK = timedelta(days=7)
_INDEX = {Leg.LONG: 1, Leg.SHORT: 2}
_NO_TRADES = frozenset({"Funding", "Settle", "SessionSettlePnL", "BustTrade", "AdlTrade"})

_CATEGORIES: tuple[tuple[str, tuple[str, ...], dict[str, object]], ...] = (
    (SPOT, ("spot",), {"category": "spot"}),
    (LINEAR, CONTRACTS, {"category": "linear", "settleCoin": "USDT"}),
    (LINEAR, CONTRACTS, {"category": "linear", "settleCoin": "USDC"}),
    (INVERSE, CONTRACTS, {"category": "inverse"}),
    (OPTION, ("option",), {"category": "option"}),
)
"""What one list covers; the linear ones are asked for by the coin they settle in."""


def _each(listing: Listing, *leave: str) -> tuple[Scoped, ...]:
    return tuple(Scoped((one,), kinds, listing, query) for one, kinds, query in _CATEGORIES if one not in leave)


def _whole_category(listing: Listing) -> tuple[Scoped, ...]:
    """As `_each`, for lists that take a category alone."""
    found = {one: Scoped((one,), kinds, listing, {"category": query["category"]}) for one, kinds, query in _CATEGORIES}
    return tuple(found.values())


def _closed(found: Row) -> tuple[Decimal, Decimal]:
    size = found.number("qty")
    side = found.text("side")
    if side not in ("Buy", "Sell"):
        raise Malformed(f"{found.where}: field `side`: {side!r} is neither Buy nor Sell", received=side)
    return size if side == "Buy" else -size, found.number("tradePrice")


def _change(found: Row) -> Decimal:
    """`change = cashFlow + funding - fee`; of a forced close the profit alone, for its fee is a row of ours."""
    return found.number("cashFlow") if found.values.get("type") in _FORCED else found.number("change")


def _with_fee(found: Row) -> list[Row]:
    """A forced close, and the fee that the venue took for it."""
    fee = found.number_or_none("fee") or ZERO
    if found.values.get("type") not in _FORCED or fee == 0:
        return [found]
    charged = {
        **found.values,
        "type": "FORCED_FEE",
        "change": str(-fee),
        "tradeId": f"{found.values.get('tradeId')}:fee",
    }
    return [found, Row(charged, f"{found.where}, fee")]


def _deposited(found: Row) -> Decimal:
    return found.number("amount") if str(found.values.get("status")) == "3" else ZERO


def _withdrawn(found: Row) -> Decimal:
    if found.values.get("status") != "success":
        return ZERO
    return -(found.number("amount") + (found.number_or_none("withdrawFee") or ZERO))


_FORCED = frozenset({"LIQUIDATION", "ADL"})
_LOG = Ledger(
    Scoped(
        _UNIFIED,
        (),
        Listing(
            "privateGetV5AccountTransactionLog",
            _ROWS,
            ("id", "tradeId", "type", "currency", "transactionTime"),
            _NEXT,
            *_SPAN,
            longest=_WEEK,
            fixed={"accountType": "UNIFIED", "limit": 50},
        ),
    ),
    LedgerWords(
        ("id", "tradeId", "type", "currency"),
        ("type",),
        {
            "SETTLEMENT": ActivityKind.FUNDING,
            "TRANSFER_IN": ActivityKind.JOURNAL,
            "TRANSFER_OUT": ActivityKind.JOURNAL,
            "INTEREST": ActivityKind.INTEREST,
            "LIQUIDATION": ActivityKind.LIQUIDATION,
            "ADL": ActivityKind.DELEVERAGING,
            "FORCED_FEE": ActivityKind.FEE,
            "FEE_REFUND": ActivityKind.FEE,
            "BONUS": ActivityKind.REWARD,
            "BONUS_RECOLLECT": ActivityKind.REWARD,
            "AIRDROP": ActivityKind.REWARD,
            "CURRENCY_BUY": ActivityKind.CONVERSION,
            "CURRENCY_SELL": ActivityKind.CONVERSION,
            "AUTO_DEDUCTION": ActivityKind.CONVERSION,
        },
        frozenset({"TRADE", "DELIVERY"}),
        "currency",
        _change,
        in_milliseconds("transactionTime"),
        market="symbol",
        moved=_closed,
    ),
    _with_fee,
)
_DEPOSITS = Ledger(
    Scoped(
        (FUNDING,),
        (),
        Listing(
            "privateGetV5AssetDepositQueryRecord",
            "result.rows",
            ("txID", "coin", "successAt"),
            _NEXT,
            *_SPAN,
            longest=timedelta(days=30),
            fixed={"limit": 50},
        ),
    ),
    LedgerWords(
        ("txID", "coin", "successAt"),
        (),
        {"": ActivityKind.TRANSFER},
        frozenset(),
        "coin",
        _deposited,
        in_milliseconds("successAt"),
    ),
)
_WITHDRAWALS = Ledger(
    Scoped(
        (FUNDING,),
        (),
        Listing(
            "privateGetV5AssetWithdrawQueryRecord",
            "result.rows",
            ("withdrawId",),
            _NEXT,
            *_SPAN,
            longest=timedelta(days=30),
            fixed={"limit": 50, "withdrawType": 2},
        ),
    ),
    LedgerWords(
        ("withdrawId",), (), {"": ActivityKind.TRANSFER}, frozenset(), "coin", _withdrawn, in_milliseconds("updateTime")
    ),
)


_UNTOLD = {
    ActivityKind.TRANSFER: "deposits and withdrawals pass through the funding wallet, which is not in scope",
}


class Bybit(Venue):
    """See the module."""

    name = "bybit"
    broker = "bybit"
    products = (*_UNIFIED, FUNDING)
    usual = _UNIFIED
    sandbox = ("api-testnet.bybit.com", "api-demo.bybit.com")
    rules = bybit_codes.RULES
    requests_per_minute = 600  # ten a second for orders of one kind, fifty for reads
    order_words = OrderWords("orderStatus", "orderLinkId", "positionIdx")
    trade_words = TradeWords(("execId",), "orderLinkId", "positionIdx")
    position_words = PositionWords("size", "side", "avgPrice", "markPrice", "unrealisedPnl", "positionIdx")
    book_at = ("result.b", "result.a")
    capabilities = Capabilities(
        broker="bybit",
        asset_classes=frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL, AssetClass.FUTURE, AssetClass.OPTION}),
        order_types=PLAIN | {OrderType.STOP, OrderType.STOP_LIMIT},
        times_in_force=USUAL_TIMES,
        fractional=frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL, AssetClass.FUTURE, AssetClass.OPTION}),
        lookup_by_client_order_id=True,
        enforces_unique_client_order_id=True,
        executions_carry_client_order_id=True,
        streams_orders=True,
        activities=True,
        visibility_delay_s=Decimal(10),
        replaces=False,
        any_sessions=False,
        notes=("client order ids stay taken for ever", "orders are acknowledged first and booked after"),
    )
    positions = _each(
        Listing("privateGetV5PositionList", _ROWS, ("symbol", "positionIdx"), _NEXT, fixed={"limit": 200}), SPOT
    )
    open_orders = _each(Listing("privateGetV5OrderRealtime", _ROWS, ("orderId",), _NEXT, fixed={"limit": 50}))
    all_orders = _whole_category(
        Listing("privateGetV5OrderHistory", _ROWS, ("orderId",), _NEXT, *_SPAN, longest=_WEEK, fixed={"limit": 50})
    )
    trades = _whole_category(
        Listing("privateGetV5ExecutionList", _ROWS, ("execId",), _NEXT, *_SPAN, longest=_WEEK, fixed={"limit": 100})
    )
    lookups = tuple(
        Lookup((product,), kinds, method, "orderLinkId", _ROWS, query, many=True)
        for product, kinds, query in _CATEGORIES
        for method in ("privateGetV5OrderRealtime", "privateGetV5OrderHistory")
    )
    ledgers = (_LOG, _DEPOSITS, _WITHDRAWALS)
    no_kind = _UNTOLD

    def said(self, content: object) -> Said | None:
        return bybit_codes.said(content)

    def wait_s(self, answer: Answer, now: datetime) -> float | None:
        reset = answer.headers.get("x-bapi-limit-reset-timestamp", "")
        if not reset.isdecimal():
            return retry_after(answer, now)
        return max(0.0, int(reset) / 1000 - now.timestamp())

    def options(self, products: frozenset[str]) -> dict[str, Any]:
        types = [one for one in _UNIFIED if one in products]
        return {
            "enableUnifiedAccount": True,  # proven once by `facts`; ccxt would ask twice before anything else
            "enableUnifiedMargin": False,
            "unifiedMarginStatus": 6,
            "fetchMarkets": {"types": types or [SPOT], "options": ["BTC", "ETH", "SOL"]},
        }

    def facts(self, desk: Desk) -> Facts:
        key = row(dig(desk.call("privateGetV5UserQueryApi"), "result"), "key")
        account = row(dig(desk.call("privateGetV5AccountInfo"), "result"), "account")
        if int(str(account.values.get("unifiedMarginStatus") or 0)) < 3:
            raise ConfigError(
                "bybit: the unified account is not enabled: upgrade the account at the venue, then come back"
            )
        self._require_mode(desk)
        ips = tuple(str(one) for one in key.values.get("ips") or () if one != "*")  # type: ignore[attr-defined]
        return Facts(
            text_in(key, "userID"),
            _permissions(key),
            ips,
            None if ips else _expiry(key),
            str(key.values.get("readOnly")) == "1",
        )

    def _require_mode(self, desk: Desk) -> None:
        """The mode shows in the positions alone: a leg has its index, one-way has none. Raises ConfigError."""
        for product, query in (
            (LINEAR, {"category": "linear", "settleCoin": "USDT"}),
            (INVERSE, {"category": "inverse"}),
        ):
            if product in desk.products:
                found = desk.call("privateGetV5PositionList", {**query, "limit": 200})
                indices = {str(one.values.get("positionIdx")) for one in rows_in(found, _ROWS, "positions")}
                if indices:
                    desk.require_mode(bool(indices & {"1", "2"}))

    def wallets(self, desk: Desk) -> Iterator[tuple[str, list[Wallet]]]:
        if desk.products & set(_UNIFIED):
            found = desk.call("privateGetV5AccountWalletBalance", {"accountType": "UNIFIED"})
            yield "unified", [_wallet(one) for one in rows_in(found, "result.list.0.coin", "account")]
        if FUNDING in desk.products:
            found = desk.call("privateGetV5AssetTransferQueryAccountCoinsBalance", {"accountType": "FUND"})
            lines = rows_in(found, "result.balance", "account")
            yield FUNDING, [Wallet(one.text("coin"), one.number("walletBalance"), free=ZERO) for one in lines]

    def own_row(self, row: Mapping[str, Any]) -> bool:
        return row.get("execType") not in _NO_TRADES

    def told(self, desk: Desk, row: Mapping[str, Any]) -> dict[str, Any]:
        """An execution does not say its leg: what it closes is of the other one than what it opens."""
        if not desk.hedged or "execId" not in row or row.get("category") == "spot":
            return dict(row)
        closes = Decimal(str(row.get("closedSize") or 0)) > 0
        return {**row, "positionIdx": "1" if (row.get("side") == "Buy") is not closes else "2"}

    def streams(self, desk: Desk) -> tuple[OrdersTold, ...]:
        return (OrdersTold(confirmed=True),)

    def stream_says(self, frame: object) -> tuple[StreamWord | None, int]:
        if dig(frame, "op") == "subscribe" and dig(frame, "success") is True:
            return StreamWord.LISTENING, 0
        rows = dig(frame, "data")
        return None, len(rows) if dig(frame, "topic") == "order" and isinstance(rows, list) else 0

    def stream_kinds(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """`BTCUSDT` is a pair and a perpetual: the category tells which. ccxt takes it for the perpetual."""
        return next((kinds for _, kinds, query in _CATEGORIES if query["category"] == row.get("category")), ())

    def placing(self, desk: Desk, order: Order, market: Market) -> dict[str, Any]:
        leg = leg_of(order.instrument)
        return {} if leg is None else {"positionIdx": _INDEX[leg]}

    def against(self, order: Order) -> Iterator[str]:
        """Stops share the id space of orders here, so all of them are found again."""
        return iter(())

    def coin(self, desk: Desk, code: str) -> str:
        return code


def _wallet(found: Row) -> Wallet:
    """What is free is said in dollars over all coins only, so of each it is what nothing holds and no loss takes."""
    total, owed = found.number_or_none("walletBalance") or ZERO, found.number_or_none("spotBorrow") or ZERO
    held = sum((found.number_or_none(name) or ZERO for name in ("locked", "totalOrderIM", "totalPositionIM")), ZERO)
    loss = min(found.number_or_none("unrealisedPnl") or ZERO, ZERO)
    return Wallet(found.text("coin"), total, owed, free=max(total - owed - held + loss, ZERO))


def _permissions(key: Row) -> tuple[str, ...]:
    groups = key.values.get("permissions")
    if not isinstance(groups, dict):
        return ()
    return tuple(f"{group}.{name}" for group, names in groups.items() if isinstance(names, list) for name in names)


def _expiry(key: Row) -> datetime | None:
    """When a key without addresses lapses; the venue writes 1970 where it does not."""
    found = key.moment_or_none("expiredAt")
    return None if found is None or found.year < 2000 else found
