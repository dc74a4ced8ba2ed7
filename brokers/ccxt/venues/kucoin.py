"""KuCoin, classic accounts: the main and trading wallets, and futures. Futures are sized in whole lots of a multiplier.

The venue has two books of spot endpoints; this is the classic one, where orders are listed and found without their
market. What was placed through the other one is not seen here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from brokers.base import Capabilities
from brokers.ccxt.fields import text_in
from brokers.ccxt.paging import FromRow, Listing, Numbered, dig, rows_in
from brokers.ccxt.parse.executions import TradeWords
from brokers.ccxt.parse.ledger import LedgerWords, forced_rows, in_milliseconds, stated
from brokers.ccxt.parse.orders import OrderWords
from brokers.ccxt.parse.positions import PositionWords
from brokers.ccxt.rules import SET_CLOCK, Rule, Said
from brokers.ccxt.venue import (
    CONTRACTS,
    FUTURES,
    PLAIN,
    SPOT,
    USUAL_TIMES,
    Facts,
    Forced,
    Ledger,
    Lookup,
    Scoped,
    Venue,
)
from brokers.http.answers import Answer
from brokers.http.errors import retry_after
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
from tieout.hedge import leg_of
from tieout.instruments import AssetClass
from tieout.money import ZERO
from tieout.orders import Order
from tieout.records import ActivityKind

if TYPE_CHECKING:
    from brokers.ccxt.desk import Desk
    from brokers.ccxt.markets import Market

_SPAN, _PAGES = ("startAt", "endAt"), Numbered("currentPage", "data.totalPage")
_WALLETS = frozenset({"main", "trade"})  # `margin` is borrowed against, and outside of the scope
_NO_MARGIN: Mapping[str, object] = {"marginables": False}  # lists of another product, for which the key is needed
_FUTURES_COINS = ("USDT", "USDC", "XBT")
_DAY, _WEEK = timedelta(hours=24), timedelta(days=7)

RULES = (
    Rule("500000|230005", Ambiguous, "an error of the venue's own"),
    Rule(
        "400002",
        Unavailable,
        "turned away by its time stamp: the clock of this machine is wrong, set it by NTP",
        do=SET_CLOCK,
    ),
    Rule("429000|200002|1015", RateLimited, "counted and turned away"),
    Rule(
        "400001|400003|400004|400005|400006|400007|411100|400500", Unauthorised, "key, passphrase, address, permission"
    ),
    Rule("200004|300003|260200", InsufficientFunds, "balance or margin"),
    Rule("400100|300000|100001", InsufficientFunds, "by its words", words="insufficient"),
    Rule("126044", DuplicateOrder, "the id was used before"),
    Rule("400100|100001", DuplicateOrder, "the id was used before", words="client.?oid.*(exist|duplicate|repeat)"),
    Rule("100001|404000|126043|400100", NotFound, "by its words", words="order.?(does.?)?not.?exist|orderNotExist"),
    Rule("404000|126043", NotFound, "no such order"),
    Rule("900001|200009|400760|900014", NotTradable, "the market"),
    Rule(
        "400100|200001|100001", NotTradable, "by its words", words="symbol.*(not exist|invalid|not found)|trading pair"
    ),
    Rule("100001|400100|200003|300[0-9]{3}|126[0-9]{3}|330[0-9]{3}|400[0-9]{3}", InvalidOrder, "its fields"),
    Rule("[0-9]{6}", Rejected, "what is left of the refusals"),
)


def _listed(method: str, key: str, query: Mapping[str, object], *, longest: timedelta | None = None) -> Listing:
    span = _SPAN if longest is not None else ("", "")
    return Listing(
        method, "data.items", tuple(key.split()), _PAGES, *span, longest=longest, fixed={"pageSize": 100, **query}
    )


def _signed(found: Row) -> Decimal:
    """The ledger counts up from zero and says the direction."""
    direction, amount = found.text("direction"), found.number("amount")
    if direction not in ("in", "out"):
        raise Malformed(f"{found.where}: field `direction`: {direction!r} is neither in nor out", received=direction)
    return amount if direction == "in" else -amount


_SPOT_LEDGER = LedgerWords(
    ("id",),
    ("bizType",),
    {
        "DEPOSIT": ActivityKind.TRANSFER,
        "Deposit": ActivityKind.TRANSFER,
        "WITHDRAW": ActivityKind.TRANSFER,
        "Withdrawal": ActivityKind.TRANSFER,
        "TRANSFER": ActivityKind.JOURNAL,
        "Transfer": ActivityKind.JOURNAL,
        "SUB_TRANSFER": ActivityKind.JOURNAL,
        "Sub-account transfer": ActivityKind.JOURNAL,
        "KUCOIN_BONUS": ActivityKind.REWARD,
        "REWARD": ActivityKind.REWARD,
        "Rewards": ActivityKind.REWARD,
        "Refunded Fees": ActivityKind.FEE,
        "KCS Pay Fees": ActivityKind.FEE,
        "CONVERT": ActivityKind.CONVERSION,
        "Convert Market": ActivityKind.CONVERSION,
    },
    frozenset({"TRADE_EXCHANGE", "Exchange", "TRADE"}),
    "currency",
    _signed,
    in_milliseconds("createdAt"),
)


_UNTOLD = {
    ActivityKind.INTEREST: "it is charged in the margin wallet, which is outside of the scope",
    ActivityKind.FUNDING: "contracts are funded, and none are in scope",
}


_FORCED = {"liquid": "liquidation", "adl": "deleveraging"}


def _forced(found: Row) -> list[Row]:
    """No profit is stated with it: it closes at its price."""
    size = found.number("size")
    closed = {
        "id": f"{found.text('symbol')}:{found.values.get('tradeId')}",
        "order": str(found.values.get("orderId")),
        "time": str(found.values.get("createdAt")),
        "coin": str(found.values.get("settleCurrency") or found.text("feeCurrency")),
        "amount": "0",
        "units": str(size if found.text("side") == "buy" else -size),
        "price": str(found.number("price")),
        "symbol": found.text("symbol"),
    }
    return forced_rows(found, _FORCED[found.text("tradeType")], closed=closed, fee=found.number("fee"))


class KuCoin(Venue):
    """See the module."""

    name = "kucoin"
    broker = "kucoin"
    products = (SPOT, FUTURES)
    usual = (SPOT,)
    rules = RULES
    passphrase = True
    depths = (20, 100)
    market_params = _NO_MARGIN
    requests_per_minute = 400
    order_words = OrderWords("status", "clientOid", "positionSide")
    trade_words = TradeWords(("symbol", "tradeId"), leg="positionSide")
    position_words = PositionWords("currentQty", "", "avgEntryPrice", "markPrice", "unrealisedPnl", "positionSide")
    book_at = ("data.bids", "data.asks")
    capabilities = Capabilities(
        broker="kucoin",
        asset_classes=frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL, AssetClass.FUTURE}),
        order_types=PLAIN,
        times_in_force=USUAL_TIMES,
        fractional=frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL, AssetClass.FUTURE}),
        lookup_by_client_order_id=True,
        enforces_unique_client_order_id=True,
        streams_orders=True,
        activities=True,
        visibility_delay_s=Decimal(10),
        replaces=False,
        any_sessions=False,
        notes=(
            "no sandbox: a paper account needs a rehearsal",
            "classic endpoints: the high-frequency ones are not read",
        ),
    )
    positions = (
        Scoped((FUTURES,), CONTRACTS, Listing("futuresPrivateGetPositions", "data", ("symbol", "positionSide"))),
    )
    open_orders = (
        Scoped((SPOT,), ("spot",), _listed("privateGetOrders", "id", {"status": "active"})),
        Scoped((FUTURES,), CONTRACTS, _listed("futuresPrivateGetOrders", "id", {"status": "active"})),
    )
    all_orders = (
        Scoped((SPOT,), ("spot",), _listed("privateGetOrders", "id", {"status": "done"}, longest=_WEEK)),
        Scoped((FUTURES,), CONTRACTS, _listed("futuresPrivateGetOrders", "id", {"status": "done"}, longest=_WEEK)),
    )
    trades = (
        Scoped((SPOT,), ("spot",), _listed("privateGetFills", "symbol tradeId", {}, longest=_WEEK)),
        Scoped((FUTURES,), CONTRACTS, _listed("futuresPrivateGetFills", "symbol tradeId", {}, longest=_WEEK)),
    )
    lookups = (
        Lookup(
            (SPOT,),
            ("spot",),
            "privateGetOrderClientOrderClientOid",
            "clientOid",
            "data",
            null_is_none=True,
            active_only=True,
        ),
        Lookup((FUTURES,), CONTRACTS, "futuresPrivateGetOrdersByClientOid", "clientOid", "data", null_is_none=True),
    )
    ledgers = (
        Ledger(Scoped((SPOT,), (), _listed("privateGetAccountsLedgers", "id", {}, longest=_DAY)), _SPOT_LEDGER),
        Ledger(
            Scoped(
                (FUTURES,),
                CONTRACTS,
                Listing(
                    "futuresPrivateGetFundingHistory",
                    "data.dataList",
                    ("id",),
                    FromRow("offset", "id", 100),
                    *_SPAN,
                    fixed={"maxCount": 100},
                ),
                {},
                "symbol",
            ),
            LedgerWords(
                ("id",),
                (),
                {"": ActivityKind.FUNDING},
                frozenset(),
                "settleCurrency",
                stated("funding"),
                in_milliseconds("timePoint"),
                market="symbol",
            ),
        ),
        Ledger(
            Scoped(
                (FUTURES,),
                (),
                Listing(
                    "futuresPrivateGetTransactionHistory",
                    "data.dataList",
                    ("offset",),
                    FromRow("offset", "offset", 100),
                    *_SPAN,
                    longest=_DAY,
                    fixed={"maxCount": 100},
                ),
            ),
            LedgerWords(
                ("offset", "time"),
                ("type",),
                {
                    "TransferIn": ActivityKind.JOURNAL,
                    "TransferOut": ActivityKind.JOURNAL,
                    "Deposit": ActivityKind.TRANSFER,
                    "Withdrawal": ActivityKind.TRANSFER,
                },
                frozenset({"RealisedPNL"}),
                "currency",
                stated("amount"),
                in_milliseconds("time"),
            ),
        ),
    )

    no_kind = _UNTOLD

    def said(self, content: object) -> Said | None:
        """Anything but `200000` is a refusal."""
        if not isinstance(content, dict) or "code" not in content:
            return None
        code = str(content["code"])
        return None if code in ("200000", "200") else Said(code, str(content.get("msg") or content.get("data") or ""))

    def wait_s(self, answer: Answer, now: datetime) -> float | None:
        reset = answer.headers.get("gw-ratelimit-reset", "")
        return int(reset) / 1000 if reset.isdecimal() else retry_after(answer, now)

    def options(self, products: frozenset[str]) -> dict[str, Any]:
        types = [*(["spot"] if SPOT in products else []), *(["swap", "future"] if FUTURES in products else [])]
        return {
            "uta": False,
            "hf": False,
            "fetchMarkets": {"types": types, "fetchTickersFees": False},
        }

    def facts(self, desk: Desk) -> Facts:
        found = row(dig(desk.call("privateGetUserApiKey"), "data"), "key")
        rights = (found.text_or_none("permission") or "").split(",")
        ips = (found.text_or_none("ipWhitelist") or "").split(",")
        return Facts(text_in(found, "uid"), tuple(filter(None, rights)), tuple(filter(None, ips)))

    def wallets(self, desk: Desk) -> Iterator[tuple[str, list[Wallet]]]:
        if SPOT in desk.products:
            lines = rows_in(desk.call("privateGetAccounts"), "data", "account")
            for name in sorted(_WALLETS):
                held = [one for one in lines if one.values.get("type") == name]
                yield name, [self._wallet(desk, one, "balance", "available", name == "main") for one in held]
        if FUTURES in desk.products:
            found = [
                dig(desk.call("futuresPrivateGetAccountOverview", {"currency": one}), "data") for one in _FUTURES_COINS
            ]
            lines = [row(one, "futures account") for one in found]
            yield FUTURES, [self._wallet(desk, one, "marginBalance", "availableBalance") for one in lines]

    def _wallet(self, desk: Desk, found: Row, total: str, free: str, is_main: bool = False) -> Wallet:
        """Orders reach the trading wallet, and nothing in the main one."""
        there = ZERO if is_main else found.number_or_none(free)
        return Wallet(self.coin(desk, found.text("currency")), found.number(total), free=there)

    def own_row(self, row: Mapping[str, Any]) -> bool:
        return row.get("tradeType") not in ("settlement", "cancel")

    def forced(self, desk: Desk, scoped: Scoped, since: datetime, until: datetime) -> Forced | None:
        """The futures list what they closed by themselves among our trades, and say so."""
        if FUTURES not in scoped.products:
            return None
        return Forced(lambda row: _FORCED.get(str(row.get("tradeType")), ""), _forced)

    def amount(self, amount: Decimal, market: Market) -> str | int:
        """Contracts are whole lots, and ccxt compares their number."""
        return int(amount) if market["contract"] else super().amount(amount, market)

    def placing(self, desk: Desk, order: Order, market: Market) -> dict[str, Any]:
        leg = leg_of(order.instrument)
        return {} if leg is None else {"positionSide": leg.value}
