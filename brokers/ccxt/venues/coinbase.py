"""Coinbase Advanced Trade: spot, and futures of its US exchange. One key sees one portfolio.

A client order id is idempotent for ever: the same one brings the first order back instead of a second. There is no
look-up by it, so orders are listed. What ccxt calls `clientOrderId` never leaves here: the venue's own name does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from brokers.base import Capabilities
from brokers.ccxt.paging import Cursor, Listing, dig
from brokers.ccxt.parse.executions import TradeWords
from brokers.ccxt.parse.ledger import LedgerWords, stated
from brokers.ccxt.parse.orders import OrderWords
from brokers.ccxt.parse.positions import PositionWords
from brokers.ccxt.rules import Rule, Said
from brokers.ccxt.venue import CONTRACTS, FUTURES, PLAIN, SPOT, USUAL_TIMES, Facts, Ledger, Scoped, Venue
from brokers.http.fields import Row, row
from brokers.http.telling import rfc3339
from tieout.coins import Wallet
from tieout.errors import (
    Ambiguous,
    DuplicateOrder,
    InsufficientFunds,
    InvalidOrder,
    NotFound,
    NotTradable,
    RateLimited,
    Rejected,
    Unauthorised,
)
from tieout.instruments import AssetClass
from tieout.money import exact
from tieout.orders import Order, OrderType, Side
from tieout.records import ActivityKind

if TYPE_CHECKING:
    from brokers.ccxt.desk import Desk
    from brokers.ccxt.markets import Market

_ANY = ("spot", *CONTRACTS)
_BOTH = (SPOT, FUTURES)

RULES = (
    Rule(
        ".*(INTERNAL|UNKNOWN_FAILURE|TIMEOUT|UNAVAILABLE).*|internal|unknown|INTERNAL_SERVER_ERROR",
        Ambiguous,
        "its own words say that it does not know",
    ),
    Rule(".*(RATE_LIMIT|TOO_MANY).*|rate_limit_exceeded|resource_exhausted|RESOURCE_EXHAUSTED", RateLimited, "counted"),
    Rule(
        "(?i)unauthori[sz]ed|permission_denied|unauthenticated|invalid_token|authentication_error",
        Unauthorised,
        "the key",
    ),
    Rule(".*INSUFFICIENT_FUND.*|.*INSUFFICIENT_BALANCE.*|insufficient_funds?", InsufficientFunds, "balance"),
    Rule(".*DUPLICATE_(CLIENT_)?ORDER.*", DuplicateOrder, "the id was used before"),
    Rule("(?i)not_found|.*ORDER_NOT_FOUND.*|.*UNKNOWN_CANCEL_ORDER.*", NotFound, "no such order"),
    Rule(
        ".*(INVALID_PRODUCT|PRODUCT_NOT|TRADING_DISABLED|NO_MARKET|CANCEL_ONLY|UNSUPPORTED_PRODUCT).*",
        NotTradable,
        "the market",
    ),
    Rule(
        "(?i).*invalid.*|.*PREVIEW_.*|.*(PRICE|SIZE|MIN|MAX|POST_ONLY|LIMIT|INCREMENT|QUANTITY).*|bad_request",
        InvalidOrder,
        "its fields",
    ),
    Rule("[A-Za-z_ ]+", Rejected, "what is left of the refusals"),
)


def _orders(query: Mapping[str, object], *, windowed: bool) -> Listing:
    span = ("start_date", "end_date") if windowed else ("", "")
    return Listing(
        "v3PrivateGetBrokerageOrdersHistoricalBatch",
        "orders",
        ("order_id",),
        Cursor("cursor"),
        *span,
        rfc3339,
        fixed={"limit": 250, **query},
    )


_WALLETS = Listing("v3PrivateGetBrokerageAccounts", "accounts", ("uuid",), Cursor("cursor"), fixed={"limit": 250})


def _flat(found: Row) -> list[Row]:
    """The amount and its coin stand inside an object. What is not completed has moved nothing yet."""
    if found.values.get("status") != "completed":
        return []
    amount = {"change": dig(found.values, "amount.amount"), "coin": dig(found.values, "amount.currency")}
    return [Row({**found.values, **amount}, found.where)]


_TRANSACTIONS = Ledger(
    Scoped(
        _BOTH,
        (),
        Listing(
            "v2PrivateGetAccountsAccountIdTransactions",
            "data",
            ("id",),
            Cursor("pagination.next_starting_after", "starting_after"),
            fixed={"limit": 100, "order": "desc"},
            happened=lambda found: found.moment("created_at"),
        ),
    ),
    LedgerWords(
        ("id",),
        ("type",),
        {
            **dict.fromkeys(("send", "receive", "fiat_deposit", "fiat_withdrawal"), ActivityKind.TRANSFER),
            **dict.fromkeys(("transfer", "vault_withdrawal", "derivatives_settlement"), ActivityKind.JOURNAL),
            **dict.fromkeys(("exchange_deposit", "exchange_withdrawal"), ActivityKind.JOURNAL),
            **dict.fromkeys(("pro_deposit", "pro_withdrawal"), ActivityKind.JOURNAL),
            **dict.fromkeys(("intx_deposit", "intx_withdrawal"), ActivityKind.JOURNAL),
            **dict.fromkeys(("staking_transfer", "unstaking_transfer"), ActivityKind.JOURNAL),
            **dict.fromkeys(("trade", "wrap_asset", "unwrap_asset", "retail_simple_dust"), ActivityKind.CONVERSION),
            **dict.fromkeys(("staking_reward", "inflation_reward", "earn_payout"), ActivityKind.REWARD),
            **dict.fromkeys(("incentives_rewards_payout", "subscription_rebate"), ActivityKind.REWARD),
            "interest": ActivityKind.INTEREST,
            "subscription": ActivityKind.FEE,
        },
        frozenset({"advanced_trade_fill"}),
        "coin",
        stated("change"),
        lambda found: found.moment("created_at"),
    ),
    _flat,
)
"""Of the simple `buy` and `sell` the list of fills may tell as well, so they stay `other`, which nobody books."""


_UNTOLD = {ActivityKind.FUNDING: "its perpetuals settle daily in cash, told as transfers between the two accounts"}


class Coinbase(Venue):
    """See the module."""

    name = "coinbase"
    broker = "coinbase"
    products = _BOTH
    usual = (SPOT,)
    rules = RULES
    requests_per_minute = 600
    order_param = "client_order_id"
    reduces = False  # ccxt would close the whole position by market, whatever the order says
    market_field = "product_id"
    order_words = OrderWords("status", "client_order_id|success_response.client_order_id")
    trade_words = TradeWords(("entry_id",))
    position_words = PositionWords("number_of_contracts", "side", "entry", "mark", "pnl")
    book_at = ("pricebook.bids", "pricebook.asks")
    no_kind = _UNTOLD
    no_leverage = "the margin of its futures is what their clearing house asks"
    no_margin_mode = "its futures share one margin"
    capabilities = Capabilities(
        broker="coinbase",
        asset_classes=frozenset({AssetClass.CRYPTO, AssetClass.FUTURE, AssetClass.PERPETUAL}),
        order_types=PLAIN | {OrderType.STOP_LIMIT},
        times_in_force=USUAL_TIMES,
        fractional=frozenset({AssetClass.CRYPTO}),
        lookup_by_client_order_id=True,
        enforces_unique_client_order_id=True,
        streams_orders=True,
        activities=True,
        visibility_delay_s=Decimal(10),
        replaces=False,
        any_sessions=False,
        notes=(
            "the same client order id brings the first order back",
            "takes no reduce-only: an exit that is larger than what is held by then turns the position over",
            "market buys are taken by an amount of money only: send a limit order with IOC",
            "no sandbox: a paper account needs a rehearsal",
        ),
    )
    positions = (
        Scoped((FUTURES,), CONTRACTS, Listing("v3PrivateGetBrokerageCfmPositions", "positions", ("product_id",))),
    )
    open_orders = (Scoped(_BOTH, _ANY, _orders({"order_status": "OPEN"}, windowed=False)),)
    all_orders = (Scoped(_BOTH, _ANY, _orders({}, windowed=True)),)
    trades = (
        Scoped(
            _BOTH,
            _ANY,
            Listing(
                "v3PrivateGetBrokerageOrdersHistoricalFills",
                "fills",
                ("entry_id",),
                Cursor("cursor"),
                "start_sequence_timestamp",
                "end_sequence_timestamp",
                rfc3339,
                fixed={"limit": 250},
            ),
        ),
    )
    ledgers = (_TRANSACTIONS,)

    def said(self, content: object) -> Said | None:
        """A refusal has an `error`, is `success: false`, or is the one result that failed."""
        if not isinstance(content, dict):
            return None
        inner = content.get("error_response")
        if content.get("success") is False and isinstance(inner, dict):
            reasons = ("new_order_failure_reason", "preview_failure_reason", "error")
            code = next((str(inner[one]) for one in reasons if inner.get(one) and "UNKNOWN" not in str(inner[one])), "")
            return Said(code or str(inner.get("error") or "UNKNOWN_FAILURE"), str(inner.get("message") or code))
        if dig(content, "results.0.success") is False:
            reason = str(dig(content, "results.0.failure_reason"))
            return Said(reason, reason)
        if content.get("error"):
            return Said(str(content["error"]), str(content.get("message") or content.get("error_details") or ""))
        if isinstance(content.get("errors"), list) and content["errors"]:
            return Said(str(dig(content, "errors.0.id")), str(dig(content, "errors.0.message")))
        return None

    def options(self, products: frozenset[str]) -> dict[str, Any]:
        return {"fetchMarkets": {"types": ["spot", "swap", "future"]}, "advanced": True, "v3Accounts": True}

    def facts(self, desk: Desk) -> Facts:
        found = row(desk.call("v3PrivateGetBrokerageKeyPermissions"), "key")
        rights = ("can_view", "can_trade", "can_transfer")
        named = tuple(f"{one}={str(found.flag(one)).lower()}" for one in rights)
        out = ("withdraw",) if found.flag("can_transfer") else ()
        return Facts(str(found.values.get("portfolio_uuid") or ""), (*named, *out), blocked=not found.flag("can_trade"))

    def wallets(self, desk: Desk) -> Iterator[tuple[str, list[Wallet]]]:
        held = []
        for one in desk.read(_WALLETS, {}, "account").rows:
            free = exact(dig(one.values, "available_balance.value"), f"{one.where}: available_balance")
            locked = exact(dig(one.values, "hold.value") or "0", f"{one.where}: hold")
            held.append(Wallet(one.text("currency"), free + locked, free=free))
        yield "portfolio", held

    def parts(self, desk: Desk, scoped: Scoped) -> Iterable[Mapping[str, object]]:
        """What moved a wallet is told wallet by wallet; those that are empty by now count too."""
        if scoped != _TRANSACTIONS.scoped:
            return ({},)
        return [{"account_id": one.text("uuid")} for one in desk.read(_WALLETS, {}, "account").rows]

    def told(self, desk: Desk, row: Mapping[str, Any]) -> dict[str, Any]:
        """Prices of a position stand inside objects in newer answers."""
        if "number_of_contracts" not in row:
            return dict(row)
        places = {
            "entry": ("avg_entry_price", "entry_vwap"),
            "mark": ("current_price", "mark_price"),
            "pnl": ("unrealized_pnl",),
        }
        found: dict[str, Any] = {}
        for name, fields in places.items():
            stated = next((row[one] for one in fields if row.get(one)), None)
            found[name] = stated.get("value") if isinstance(stated, dict) else stated
        return {**row, **found}

    def depth(self, desk: Desk, market: Market, levels: int) -> tuple[list[Any], list[Any]]:
        """The book's levels are objects."""
        bids, asks = super().depth(desk, market, levels)
        return [(one["price"], one["size"]) for one in bids], [(one["price"], one["size"]) for one in asks]

    def quoted(self, ticker: dict[str, Any]) -> dict[str, Any]:
        """The time is the last trade's; bid and ask are those of the answer."""
        return {**ticker, "timestamp": None}

    def corrected(self, record: dict[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
        """ccxt divides money by size for the price of a fill that was sized in money; the venue states it."""
        return {**record, "price": row["price"]} if "entry_id" in row else record

    def against(self, order: Order) -> Iterator[str]:
        yield from super().against(order)
        if order.order_type is OrderType.MARKET and order.side is Side.BUY:
            yield "market buys by quantity: the venue takes an amount of money only; send a limit order with IOC"

    def coin(self, desk: Desk, code: str) -> str:
        return code
