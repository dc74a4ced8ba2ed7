"""Kraken spot. It is asked by POST too; refusals come inside HTTP 200. A key's nonce has to grow: one key a process.

Coins that earn or are staked stand under a code of their own (`BTC.F`, `ETH.S`), what is on hold too: the same coin in
another wallet.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from brokers.base import Capabilities
from brokers.ccxt.fields import time_in
from brokers.ccxt.paging import Listing, Offset, dig
from brokers.ccxt.parse.executions import TradeWords
from brokers.ccxt.parse.ledger import LedgerWords
from brokers.ccxt.parse.orders import OrderWords
from brokers.ccxt.rules import OWN_KEY, Rule, Said
from brokers.ccxt.venue import IN_TIME_MS, PLAIN, SPOT, USUAL_TIMES, Facts, Ledger, Lookup, Scoped, Venue
from brokers.http.fields import Row, row
from tieout.coins import Wallet
from tieout.errors import (
    Ambiguous,
    DuplicateOrder,
    InsufficientFunds,
    InvalidOrder,
    Malformed,
    NotFound,
    NotTradable,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
)
from tieout.instruments import AssetClass
from tieout.money import ZERO, exact, exact_or_none
from tieout.orders import Order, OrderType
from tieout.records import ActivityKind

if TYPE_CHECKING:
    from brokers.ccxt.desk import Desk
    from brokers.ccxt.markets import Market

_OTHER_WALLETS = (".HOLD", ".F", ".B", ".M", ".S", ".P")
_SPAN = ("start", "end")

RULES = (
    Rule(
        "EQuery:Unknown asset pair|EGeneral:Unknown asset.*|E[OS][a-z]+:Market.*(cancel_only|post_only|suspended).*",
        NotTradable,
        "the market",
    ),
    Rule("EService:Deadline elapsed", Ambiguous, "the engine takes it no more; whether it did before is looked up"),
    Rule(
        "EService:.*|EGeneral:Internal error|EGeneral:Temporary.*",
        Ambiguous,
        "busy, down or out of time: no word of the order",
    ),
    Rule("EAPI:Invalid nonce", Unavailable, "turned away by its number: another process uses the key", do=OWN_KEY),
    Rule(
        "E[A-Za-z]+:(Rate limit exceeded|Too many requests|Temporary lockout|Orders limit).*",
        RateLimited,
        "counted",
    ),
    Rule(
        "EAPI:(Invalid key|Invalid signature|Feature disabled).*|EGeneral:Permission denied.*|EAccount:.*|EAuth:.*",
        Unauthorised,
        "key or account",
    ),
    Rule("EOrder:Insufficient.*|EFunding:Insufficient.*|ETrade:Insufficient.*", InsufficientFunds, "balance or margin"),
    Rule(
        "EOrder:.*(duplicate|already exists|cl_ord_id).*",
        DuplicateOrder,
        "a live order has the id",
    ),
    Rule(
        "EOrder:(Unknown order|Order not found).*",
        NotFound,
        "no live order: it may as well be filled, so it is looked up",
    ),
    Rule(
        "EOrder:.*|EGeneral:Invalid arguments.*|EQuery:.*|ETrade:.*",
        InvalidOrder,
        "its fields, and why the engine refuses",
    ),
    Rule("EGeneral:.*|EAPI:.*|EFunding:.*|E[A-Za-z]+:.*", Rejected, "what is left of the refusals"),
)


def _seconds(moment: datetime) -> object:
    """The venue counts seconds, with a fraction."""
    return f"{moment.astimezone(UTC).timestamp():.6f}"


def _keyed(method: str, path: str, *, paged: bool = True) -> Listing:
    paging = Offset("ofs", "result.count")
    if not paged:
        return Listing(method, path, ("id",), keyed=True)
    return Listing(method, path, ("id",), paging, *_SPAN, _seconds, keyed=True)


_LEDGER = LedgerWords(
    ("id",),
    ("type", "subtype"),
    {
        "deposit": ActivityKind.TRANSFER,
        "withdrawal": ActivityKind.TRANSFER,
        "transfer": ActivityKind.JOURNAL,
        "staking": ActivityKind.REWARD,
        "reward": ActivityKind.REWARD,
        "dividend": ActivityKind.REWARD,
        "airdrop": ActivityKind.REWARD,
        "earn": ActivityKind.JOURNAL,
        "earn.reward": ActivityKind.REWARD,
        "earn.bonusreward": ActivityKind.REWARD,
        "rollover": ActivityKind.INTEREST,
        "spend": ActivityKind.CONVERSION,
        "receive": ActivityKind.CONVERSION,
        "sale": ActivityKind.CONVERSION,
        "conversion": ActivityKind.CONVERSION,
    },
    frozenset({"trade"}),
    "asset",
    lambda found: found.number("amount") - found.number("fee"),
    lambda found: time_in(found, "time", 1),
    group="refid",
)


_UNTOLD = {ActivityKind.FUNDING: "it trades no contracts: Kraken Futures does, as another account"}


class Kraken(Venue):
    """See the module."""

    name = "kraken"
    broker = "kraken"
    products = (SPOT,)
    usual = (SPOT,)
    rules = RULES
    requests_per_minute = 20  # a counter that falls by a third to one a second; lists of the past count double
    market_field = "pair"
    order_words = OrderWords("status", "cl_ord_id", alone=True)  # ccxt takes a `userref` of 0 for an id
    trade_words = TradeWords(("id",))
    capabilities = Capabilities(
        broker="kraken",
        asset_classes=frozenset({AssetClass.CRYPTO}),
        order_types=PLAIN | {OrderType.STOP, OrderType.STOP_LIMIT},
        times_in_force=USUAL_TIMES,
        fractional=frozenset({AssetClass.CRYPTO}),
        lookup_by_client_order_id=True,
        streams_orders=True,
        activities=True,
        visibility_delay_s=Decimal(10),
        replaces=False,
        any_sessions=False,
        notes=("client order ids are unique among live orders only", "no sandbox: a paper account needs a rehearsal"),
    )
    open_orders = (Scoped((SPOT,), ("spot",), _keyed("privatePostOpenOrders", "result.open", paged=False)),)
    all_orders = (Scoped((SPOT,), ("spot",), _keyed("privatePostClosedOrders", "result.closed")),)
    trades = (Scoped((SPOT,), ("spot",), _keyed("privatePostTradesHistory", "result.trades")),)
    lookups = (
        Lookup((SPOT,), ("spot",), "privatePostOpenOrders", "cl_ord_id", "result.open", many=True, keyed=True),
        Lookup((SPOT,), ("spot",), "privatePostClosedOrders", "cl_ord_id", "result.closed", many=True, keyed=True),
    )
    ledgers = (Ledger(Scoped((SPOT,), (), _keyed("privatePostLedgers", "result.ledger")), _LEDGER),)

    no_kind = _UNTOLD
    no_leverage = "it trades no contracts: Kraken Futures does, as another account"
    no_margin_mode = no_leverage

    def said(self, content: object) -> Said | None:
        """The list `error` holds the refusals, their severity and category before a colon."""
        errors = content.get("error") if isinstance(content, dict) else None
        refused = [one for one in errors if str(one).startswith("E")] if isinstance(errors, list) else []
        return Said(str(refused[0]), "; ".join(str(one) for one in refused)) if refused else None

    def facts(self, desk: Desk) -> Facts:
        found = row(dig(desk.call("privatePostGetApiKeyInfo"), "result"), "key")
        until = found.values.get("valid_until")
        return Facts(
            str(found.values.get("api_key_name") or found.values.get("apiKeyName") or ""),
            _words(found, "permissions"),
            _words(found, "ip_allowlist"),
            time_in(found, "valid_until", 1) if until not in (None, "", "0", 0) else None,
        )

    def wallets(self, desk: Desk) -> Iterator[tuple[str, list[Wallet]]]:
        balances = dig(desk.call("privatePostBalanceEx"), "result")
        if not isinstance(balances, dict):
            raise Malformed("account: an object was expected at `result`")
        yield SPOT, [_wallet(self.coin(desk, code), code, held) for code, held in balances.items()]

    def placing(self, desk: Desk, order: Order, market: Market) -> dict[str, Any]:
        """`deadline`: the engine turns an order away that reaches it later. From two seconds to a minute ahead."""
        return {"deadline": desk.exchange.iso8601(desk.exchange.milliseconds() + IN_TIME_MS)}

    def depth(self, desk: Desk, market: Market, levels: int) -> tuple[list[Any], list[Any]]:
        """The book stands under the market's name, whichever of its names the venue likes."""
        desk.exchange.fetch_order_book(market["symbol"], levels)
        books = dig(desk.line.last, "result")
        if not isinstance(books, dict) or len(books) != 1:
            raise Malformed("book: one market was expected at `result`")
        (book,) = books.values()
        return book["bids"], book["asks"]

    def coin(self, desk: Desk, code: str) -> str:
        for ending in _OTHER_WALLETS:
            code = code.removesuffix(ending)
        return str(desk.exchange.safe_currency_code(code))


def _wallet(coin: str, code: str, held: object) -> Wallet:
    """Free and on hold together, as the older and the newer list of balances have it; what earns is not free."""
    if not isinstance(held, dict):
        return Wallet(coin, exact(held, f"balance of {code}"))
    total, on_hold = exact(held.get("balance"), f"balance of {code}"), exact_or_none(held.get("hold_trade"), code)
    free = None if on_hold is None else ZERO if code.endswith(_OTHER_WALLETS) else max(total - on_hold, ZERO)
    return Wallet(coin, total, free=free)


def _words(found: Row, field: str) -> tuple[str, ...]:
    value = found.values.get(field)
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
