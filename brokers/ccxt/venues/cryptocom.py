"""Crypto.com Exchange: one wallet, spot and perpetuals. Everything private is asked by POST, reads as well.

An order is acknowledged before it is booked, and may still be refused then. What ccxt calls `clientOrderId` is dropped
on the way: the venue's own `client_oid` is sent instead. Fees are negative where they were charged.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from brokers.base import Capabilities
from brokers.ccxt.paging import Back, Listing, dig, rows_in
from brokers.ccxt.parse.executions import TradeWords
from brokers.ccxt.parse.ledger import LedgerWords, in_milliseconds, stated
from brokers.ccxt.parse.orders import OrderWords
from brokers.ccxt.parse.positions import PositionWords
from brokers.ccxt.rules import SET_CLOCK, Rule, Said
from brokers.ccxt.venue import CONTRACTS, PLAIN, SPOT, USUAL_TIMES, Facts, Ledger, Lookup, Scoped, Venue
from brokers.http.fields import Row, row
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
    Unavailable,
)
from tieout.instruments import AssetClass
from tieout.money import ZERO
from tieout.records import ActivityKind

if TYPE_CHECKING:
    from brokers.ccxt.desk import Desk

PERPETUAL = "perpetual"
_BOTH, _ANY = (SPOT, PERPETUAL), ("spot", *CONTRACTS)
_ROWS, _SPAN = "result.data", ("start_time", "end_time")

RULES = (
    Rule("40801|50001|50000", Ambiguous, "a time-out or an error of the venue's own"),
    Rule(
        "40102",
        Unavailable,
        "turned away by its nonce: the clock of this machine is wrong, set it by NTP",
        do=SET_CLOCK,
    ),
    Rule("42901|10006", RateLimited, "counted and turned away"),
    Rule("40101|40103|40104|40105|10002|10003|10005|10007", Unauthorised, "key, signature, address, permission"),
    Rule("306|604|20002|20007", InsufficientFunds, "balance or margin"),
    Rule("204", DuplicateOrder, "the id was used before: an answer, look it up"),
    Rule("212|40401|20001", NotFound, "no such order"),
    Rule("209|30003|211", NotTradable, "the market"),
    Rule(
        "2[0-9]{2}|3[0-9]{2}|4[0-2][0-9]|300[0-9]{2}|4000[0-9]|43[0-9]{3}|5[0-9]{2}",
        InvalidOrder,
        "its fields and limits",
    ),
    Rule("[0-9]+", Rejected, "what is left of the refusals"),
)


def _nanoseconds(moment: datetime) -> object:
    return int(moment.timestamp() * 1_000_000) * 1_000


def _listed(method: str, key: str, time_field: str) -> Listing:
    return Listing(method, _ROWS, (key,), Back("end_time", time_field, 100), *_SPAN, _nanoseconds, fixed={"limit": 100})


_LEDGER = LedgerWords(
    ("journal_id",),
    ("journal_type",),
    {
        "FUNDING": ActivityKind.FUNDING,
        "ONCHAIN_DEPOSIT": ActivityKind.TRANSFER,
        "ONCHAIN_WITHDRAW": ActivityKind.TRANSFER,
        "FIAT_DEPOSIT": ActivityKind.TRANSFER,
        "FIAT_WITHDRAW": ActivityKind.TRANSFER,
        "SUBACCOUNT_TX": ActivityKind.JOURNAL,
        "AUTO_CONVERSION": ActivityKind.CONVERSION,
        "MANUAL_CONVERSION": ActivityKind.CONVERSION,
        "INTEREST_ON_MARGIN": ActivityKind.INTEREST,
        "STAKING_REWARD": ActivityKind.REWARD,
        "BONUS": ActivityKind.REWARD,
        "REBATE": ActivityKind.REWARD,
    },
    frozenset({"TRADING", "TRADE_FEE", "SESSION_SETTLE", "REALIZED_PNL"}),
    "instrument_name",
    stated("transaction_qty"),
    in_milliseconds("event_timestamp_ms"),
)


class CryptoCom(Venue):
    """See the module."""

    name = "cryptocom"
    broker = "cryptocom"
    products = _BOTH
    usual = _BOTH
    sandbox = ("uat-api.3ona.co",)
    rules = RULES
    requests_per_minute = 60  # lists of the past allow one a second
    order_param = "client_oid"
    reduces = False
    market_field = "instrument_name"
    order_words = OrderWords("status", "client_oid")
    trade_words = TradeWords(("trade_id",), "client_oid")
    position_words = PositionWords("quantity", "", "", "mark_price", "open_position_pnl")
    book_at = ("result.data.0.bids", "result.data.0.asks")
    capabilities = Capabilities(
        broker="cryptocom",
        asset_classes=frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL}),
        order_types=PLAIN,
        times_in_force=USUAL_TIMES,
        fractional=frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL}),
        lookup_by_client_order_id=True,
        enforces_unique_client_order_id=True,
        executions_carry_client_order_id=True,
        streams_orders=True,
        activities=True,
        visibility_delay_s=Decimal(10),
        replaces=False,
        any_sessions=False,
        notes=(
            "orders are acknowledged first and booked after",
            "tells no time",
            "takes no reduce-only: an exit that is larger than what is held by then turns the position over",
        ),
    )
    positions = (
        Scoped((PERPETUAL,), CONTRACTS, Listing("v1PrivatePostPrivateGetPositions", _ROWS, ("instrument_name",))),
    )
    open_orders = (Scoped(_BOTH, _ANY, Listing("v1PrivatePostPrivateGetOpenOrders", _ROWS, ("order_id",))),)
    all_orders = (Scoped(_BOTH, _ANY, _listed("v1PrivatePostPrivateGetOrderHistory", "order_id", "create_time_ns")),)
    trades = (Scoped(_BOTH, _ANY, _listed("v1PrivatePostPrivateGetTrades", "trade_id", "create_time_ns")),)
    lookups = (Lookup(_BOTH, _ANY, "v1PrivatePostPrivateGetOrderDetail", "client_oid", "result"),)
    ledgers = (
        Ledger(
            Scoped(_BOTH, (), _listed("v1PrivatePostPrivateGetTransactions", "journal_id", "event_timestamp_ns")),
            _LEDGER,
        ),
    )

    no_leverage = "it is the whole account's there and no contract's: set it at the venue"
    no_margin_mode = "contracts share the account's one margin"
    no_clock = "tells no time"

    def said(self, content: object) -> Said | None:
        """Anything but zero is a refusal."""
        if not isinstance(content, dict) or "code" not in content:
            return None
        code = str(content["code"])
        return None if code == "0" else Said(code, str(content.get("message") or content.get("msg") or ""))

    def facts(self, desk: Desk) -> Facts:
        """The venue tells nothing of a key but the account that it reads."""
        found = row(dig(desk.call("v1PrivatePostPrivateGetAccounts"), "result.master_account"), "account")
        blocked = not found.flag("tradable") or found.flag("suspended") or found.flag("terminated")
        return Facts(found.text("uuid"), blocked=blocked)

    def wallets(self, desk: Desk) -> Iterator[tuple[str, list[Wallet]]]:
        lines = rows_in(desk.call("v1PrivatePostPrivateUserBalance"), "result.data.0.position_balances", "account")
        yield "exchange", [_wallet(one) for one in lines]

    def coin(self, desk: Desk, code: str) -> str:
        return code


def _wallet(found: Row) -> Wallet:
    total = found.number("quantity")
    reserved = found.number_or_none("reserved_qty")
    return Wallet(found.text("instrument_name"), total, free=None if reserved is None else max(total - reserved, ZERO))
