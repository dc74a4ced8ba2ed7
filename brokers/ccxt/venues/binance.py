"""Binance: spot, cross margin, USDⓈ-M and COIN-M futures.

A client order id is unique among open orders only. Orders and trades are told market by market; of the futures, the
income list says in which there was anything. COIN-M counts contracts of so many dollars. Wallets beside these (funding,
earn) are outside of the scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from brokers.base import Capabilities
from brokers.ccxt.fields import moment_of
from brokers.ccxt.paging import Capped, FromRow, Listing, dig, rows_in
from brokers.ccxt.parse.executions import TradeWords
from brokers.ccxt.parse.ledger import forced_rows
from brokers.ccxt.parse.orders import OrderWords
from brokers.ccxt.parse.positions import PositionWords
from brokers.ccxt.venue import (
    CONTRACTS,
    INVERSE,
    LINEAR,
    MARGIN,
    PLAIN,
    SPOT,
    USUAL_TIMES,
    Facts,
    Forced,
    Lookup,
    OrdersTold,
    Priced,
    Scoped,
    StreamWord,
    Venue,
    terms_of,
)
from brokers.ccxt.venues import binance_codes
from brokers.ccxt.venues.binance_ledger import INCOMES, LEDGERS, SPAN
from brokers.http.fields import Row, row
from tieout.coins import Wallet
from tieout.hedge import leg_of
from tieout.instruments import AssetClass
from tieout.orders import Order, OrderType
from tieout.records import ActivityKind

if TYPE_CHECKING:
    from brokers.ccxt.desk import Desk
    from brokers.ccxt.markets import Market
    from brokers.ccxt.rules import Said

_DAY, _WEEK, _MONTH = timedelta(hours=24), timedelta(days=7), timedelta(days=30)
_STREAM_ENDS = frozenset({"eventStreamTerminated", "listenKeyExpired"})  # nothing comes after them; ccxt waits on
_STREAM_ORDERS = frozenset({"executionReport", "ORDER_TRADE_UPDATE"})
_PERMISSIONS = (
    "enableReading",
    "enableSpotAndMarginTrading",
    "enableMargin",
    "enableFutures",
    "enableWithdrawals",
    "permitsUniversalTransfer",
    "ipRestrict",
)


def _per_market(method: str, id_field: str, param: str, longest: timedelta, limit: int = 1000) -> Listing:
    paging = FromRow(param, id_field, limit, step=1, drops=SPAN)
    return Listing(method, "", ("symbol", id_field), paging, *SPAN, longest=longest, fixed={"limit": limit})


_BOOKS = {LINEAR: "fapi", INVERSE: "dapi"}
_FORCED_IDS = {"autoclose-": "liquidation", "adl_autoclose": "deleveraging"}


_UNTOLD = {
    ActivityKind.FUNDING: "contracts are funded, and none are in scope",
    ActivityKind.INTEREST: "it is charged in the margin wallet, which is not in scope",
    ActivityKind.TRANSFER: "deposits and withdrawals pass through the spot wallet, which is not in scope",
}


class Binance(Venue):
    """See the module."""

    name = "binance"
    broker = "binance"
    products = (SPOT, LINEAR, INVERSE, MARGIN)
    sandbox = ("testnet.binance.vision", "demo-api.binance.com", "demo-fapi.binance.com", "demo-dapi.binance.com")
    rules = binance_codes.RULES
    depths = (5, 10, 20, 50, 100, 500, 1000)
    requests_per_minute = 300  # the venue counts weight, 6,000 a minute: an account costs 20, a list of all orders 80
    order_words = OrderWords("status", "origClientOrderId|clientOrderId", "positionSide")
    trade_words = TradeWords(("symbol", "id"), leg="positionSide")
    position_words = PositionWords("positionAmt", "", "entryPrice", "markPrice", "unRealizedProfit", "positionSide")
    capabilities = Capabilities(
        broker="binance",
        asset_classes=frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL, AssetClass.FUTURE}),
        order_types=PLAIN | {OrderType.STOP_LIMIT},
        times_in_force=USUAL_TIMES,
        fractional=frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL, AssetClass.FUTURE}),
        lookup_by_client_order_id=True,
        streams_orders=True,
        activities=True,
        visibility_delay_s=Decimal(10),
        any_sessions=False,
        asked_by_market=True,
        notes=(
            "client order ids are unique among open orders only: a filled one is taken again",
            "orders and trades are told market by market: options.symbols names those of the account",
        ),
    )
    positions = (
        Scoped((LINEAR,), (LINEAR,), Listing("fapiPrivateV3GetPositionRisk", "", ("symbol", "positionSide"))),
        Scoped((INVERSE,), (INVERSE,), Listing("dapiPrivateGetPositionRisk", "", ("symbol", "positionSide"))),
    )
    open_orders = (
        Scoped((SPOT,), ("spot",), Listing("privateGetOpenOrders", "", ("symbol", "orderId"))),
        Scoped((MARGIN,), ("spot",), Listing("sapiGetMarginOpenOrders", "", ("symbol", "orderId"))),
        Scoped((LINEAR,), (LINEAR,), Listing("fapiPrivateGetOpenOrders", "", ("symbol", "orderId"))),
        Scoped((INVERSE,), (INVERSE,), Listing("dapiPrivateGetOpenOrders", "", ("symbol", "orderId"))),
    )
    all_orders = (
        Scoped((SPOT,), ("spot",), _per_market("privateGetAllOrders", "orderId", "orderId", _DAY), {}, "symbol"),
        Scoped(
            (MARGIN,),
            ("spot",),
            _per_market("sapiGetMarginAllOrders", "orderId", "orderId", _DAY, 500),
            {},
            "symbol",
        ),
        Scoped((LINEAR,), (LINEAR,), _per_market("fapiPrivateGetAllOrders", "orderId", "orderId", _WEEK), {}, "symbol"),
        Scoped(
            (INVERSE,),
            (INVERSE,),
            _per_market("dapiPrivateGetAllOrders", "orderId", "orderId", _WEEK, limit=100),
            {},
            "symbol",
        ),
    )
    trades = (
        Scoped((SPOT,), ("spot",), _per_market("privateGetMyTrades", "id", "fromId", _DAY), {}, "symbol"),
        Scoped((MARGIN,), ("spot",), _per_market("sapiGetMarginMyTrades", "id", "fromId", _DAY), {}, "symbol"),
        Scoped((LINEAR,), (LINEAR,), _per_market("fapiPrivateGetUserTrades", "id", "fromId", _WEEK), {}, "symbol"),
        Scoped((INVERSE,), (INVERSE,), _per_market("dapiPrivateGetUserTrades", "id", "fromId", _WEEK), {}, "symbol"),
    )
    lookups = (
        Lookup((SPOT,), ("spot",), "privateGetOrder", "origClientOrderId", market="symbol"),
        Lookup((MARGIN,), ("spot",), "sapiGetMarginOrder", "origClientOrderId", market="symbol"),
        Lookup((LINEAR,), (LINEAR,), "fapiPrivateGetOrder", "origClientOrderId", market="symbol"),
        Lookup((INVERSE,), (INVERSE,), "dapiPrivateGetOrder", "origClientOrderId", market="symbol"),
    )
    ledgers = LEDGERS
    no_kind = _UNTOLD

    def said(self, content: object) -> Said | None:
        return binance_codes.said(content)

    def options(self, products: frozenset[str]) -> dict[str, Any]:
        kinds = (("spot", {SPOT, MARGIN}), ("linear", {LINEAR}), ("inverse", {INVERSE}))
        types = [kind for kind, mine in kinds if products & mine]
        return {
            "fetchMarkets": {"types": types},
            "fetchMargins": False,
            "fetchCurrencies": False,
            "defaultType": "spot" if products & {SPOT, MARGIN} else "swap",
            **({"defaultSubType": "inverse"} if products <= {INVERSE} else {}),
            "warnOnFetchOpenOrdersWithoutSymbol": False,
        }

    def rehearse(self, exchange: Any, products: frozenset[str]) -> None:
        """The spot testnet; the venue's demo where there are futures, for these left the testnet."""
        if products <= {SPOT}:
            exchange.set_sandbox_mode(True)
        else:
            exchange.enable_demo_trading(True)

    def facts(self, desk: Desk) -> Facts:
        found = row(desk.call("privateGetAccount"), "account")
        self._require_mode(desk)
        blocked = not found.flag("canTrade")
        number = str(found.values.get("uid") or "")
        if not _has_sapi(desk):
            return Facts(number, tuple(str(one) for one in found.values.get("permissions") or ()), blocked=blocked)  # type: ignore[attr-defined]
        key = row(desk.call("sapiGetAccountApiRestrictions"), "key")
        return Facts(
            number,
            tuple(f"{name}={str(key.flag(name)).lower()}" for name in _PERMISSIONS if name in key.values),
            expires_at=moment_of(key.values, "tradingAuthorityExpirationTime"),
            blocked=blocked,
        )

    def _require_mode(self, desk: Desk) -> None:
        """Raises ConfigError where the futures account is not in the position mode that the settings name."""
        for product in sorted(desk.products & set(_BOOKS)):
            answer = desk.call(f"{_BOOKS[product]}PrivateGetPositionSideDual")
            desk.require_mode(row(answer, "position mode").values.get("dualSidePosition") in (True, "true"))

    def wallets(self, desk: Desk) -> Iterator[tuple[str, list[Wallet]]]:
        if SPOT in desk.products:
            lines = rows_in(desk.call("privateGetAccount"), "balances", "account")
            yield SPOT, [_spot(one) for one in lines]
        if MARGIN in desk.products:
            lines = rows_in(desk.call("sapiGetMarginAccount"), "userAssets", "margin account")
            yield MARGIN, [_margin(one) for one in lines]
        if LINEAR in desk.products:
            lines = rows_in(desk.call("fapiPrivateV3GetAccount"), "assets", "futures account")
            yield LINEAR, [_futures(one) for one in lines]
        if INVERSE in desk.products:
            lines = rows_in(desk.call("dapiPrivateGetAccount"), "assets", "COIN-M account")
            yield INVERSE, [_futures(one) for one in lines]

    @property
    def stream_words(self) -> OrderWords:
        """Of a cancel the stream has the cancel's id in `c` and ours in `C`; ccxt has sorted that out."""
        return OrderWords("X", "", "ps")

    def streams(self, desk: Desk) -> tuple[OrdersTold, ...]:
        """One for each wallet: that of the futures hangs on a key in its path, the others are subscribed to."""
        each = (
            (SPOT, OrdersTold({"type": "spot"}, confirmed=True)),
            (MARGIN, OrdersTold({"type": "margin"})),
            (LINEAR, OrdersTold({"type": "swap", "subType": "linear"}, wire=LINEAR, kept_by="fapiPrivatePutListenKey")),
        )
        return tuple(stream for product, stream in each if product in desk.products)

    def stream_says(self, frame: object) -> tuple[StreamWord | None, int]:
        event = dig(frame, "event") or frame
        if dig(frame, "result.subscriptionId") is not None:
            return StreamWord.LISTENING, 0
        name = dig(event, "e")
        return (StreamWord.OVER if name in _STREAM_ENDS else None), int(name in _STREAM_ORDERS)

    def placing(self, desk: Desk, order: Order, market: Market) -> dict[str, Any]:
        leg = leg_of(order.instrument)
        params = self.cancelling(desk, market)
        return params if leg is None else {**params, "positionSide": leg.value}

    def cancelling(self, desk: Desk, market: Market) -> dict[str, Any]:
        """An account with a margin wallet in scope trades its coins there, not in the spot wallet."""
        return {"marginMode": "cross"} if MARGIN in desk.products and market["type"] == "spot" else {}

    def replace(self, desk: Desk, old: str, order: Order, market: Market, priced: Priced) -> Any:
        """Cancel and new order in one step, the new one only where the cancel succeeded. Spot has it."""
        if market.get("type") != "spot" or MARGIN in desk.products:
            return super().replace(desk, old, order, market, priced)
        params: dict[str, Any] = {"newClientOrderId": order.client_order_id, "cancelReplaceMode": "STOP_ON_FAILURE"}
        params |= terms_of(order, priced)
        kind = "limit" if priced.limit is not None else "market"
        price = None if priced.limit is None else f"{priced.limit:f}"
        amount = f"{priced.amount:f}"
        return desk.exchange.edit_order(old, market["symbol"], kind, order.side.value, amount, price, params)

    def has(self, desk: Desk, scoped: Scoped) -> bool:
        return not scoped.listing.method.startswith("sapi") or _has_sapi(desk)

    def tells_traded(self, scoped: Scoped) -> bool:
        return bool(set(INCOMES) & set(scoped.products))

    def forced(self, desk: Desk, scoped: Scoped, since: datetime, until: datetime) -> Forced | None:
        """The futures list what they closed by themselves among our trades; their orders are in a list of their own."""
        product = next((one for one in scoped.products if one in _BOOKS), None)
        if product is None:
            return None
        listing = Listing(
            f"{_BOOKS[product]}PrivateGetForceOrders",
            "",
            ("symbol", "orderId"),
            Capped(100),
            *SPAN,
            longest=_WEEK,
            fixed={"limit": 100},
        )
        kinds = {}
        for one in desk.read_between(listing, {}, since, until, "forced orders").rows:
            name = str(one.values.get("clientOrderId"))
            kind = next((kind for start, kind in _FORCED_IDS.items() if name.startswith(start)), "liquidation")
            kinds[str(one.values.get("orderId"))] = kind
        if not kinds:
            return None
        return Forced(
            lambda row: kinds.get(str(row.get("orderId")), ""),
            lambda row: _forced(row, kinds[str(row.values.get("orderId"))]),
        )

    def traded_in(self, desk: Desk, scoped: Scoped, since: datetime, until: datetime) -> Iterable[Market]:
        """Markets of the futures' income: each trade paid a commission, or made a profit, there."""
        product = next((one for one in scoped.products if one in INCOMES), None)
        if product is None:
            return ()
        listed = desk.read_between(INCOMES[product], {}, since, until, "income")
        found = (desk.markets.by_id(one.values.get("symbol"), CONTRACTS) for one in listed.rows)
        return [market for market in found if market is not None]

    def coin(self, desk: Desk, code: str) -> str:
        return code


def _forced(found: Row, kind: str) -> list[Row]:
    size = found.number("qty")
    closed = {
        "id": f"{found.text('symbol')}:{found.values.get('id')}",
        "order": str(found.values.get("orderId")),
        "time": str(found.values.get("time")),
        "coin": found.text("marginAsset"),
        "amount": str(found.number("realizedPnl")),
        "units": str(size if found.text("side") == "BUY" else -size),
        "price": str(found.number("price")),
        "symbol": found.text("symbol"),
    }
    return forced_rows(found, kind, closed=closed, fee=found.number("commission"))


def _spot(found: Row) -> Wallet:
    free = found.number("free")
    return Wallet(found.text("asset"), free + found.number("locked"), free=free)


def _futures(found: Row) -> Wallet:
    return Wallet(found.text("asset"), found.number("walletBalance"), free=found.number_or_none("availableBalance"))


def _margin(found: Row) -> Wallet:
    return replace(_spot(found), borrowed=found.number("borrowed") + found.number("interest"))


def _has_sapi(desk: Desk) -> bool:
    """Whether the venue has its account interface where the account lives: its sandboxes have none."""
    return "sapi" in desk.exchange.urls["api"]
