"""OKX: spot, swaps, dated futures and options over one trading account; and the funding account beside it.

Sizes of contracts are counted in contracts there. Fees are negative where they were charged. The list of bills tells
funding and what the venue closes by itself; the list of fills holds the latter as well, and there it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from brokers.base import Capabilities
from brokers.ccxt.fields import text_in
from brokers.ccxt.paging import Back, FromRow, Listing, dig, rows_in
from brokers.ccxt.parse.executions import TradeWords
from brokers.ccxt.parse.ledger import LedgerWords, in_milliseconds, stated
from brokers.ccxt.parse.orders import OrderWords
from brokers.ccxt.parse.positions import PositionWords
from brokers.ccxt.rules import NO_POSITION, SET_CLOCK, Rule, Said
from brokers.ccxt.venue import (
    FUTURES,
    IN_TIME_MS,
    OPTION,
    PLAIN,
    SPOT,
    USUAL_TIMES,
    Facts,
    Ledger,
    Lookup,
    Scoped,
    Venue,
)
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
from tieout.hedge import leg_of
from tieout.instruments import AssetClass
from tieout.money import ZERO, exact
from tieout.orders import Order
from tieout.records import ActivityKind

if TYPE_CHECKING:
    from brokers.ccxt.desk import Desk
    from brokers.ccxt.markets import Market

SWAP, FUNDING = "swap", "funding"
_TRADED = (SPOT, SWAP, FUTURES, OPTION)
_KINDS = ("spot", "swap", "future", "option")
_TYPES = {SPOT: "SPOT", SWAP: "SWAP", FUTURES: "FUTURES", OPTION: "OPTION"}
_WINDOW = ("begin", "end")
_FORCED = frozenset({"5", "9"})
_BUYS = frozenset({"101", "102", "105", "106", "126", "127"})
_SELLS = frozenset({"100", "103", "104", "107", "125", "128"})
_FORCED_FILLS = _BUYS | _SELLS

_PLACING = frozenset({"/api/v5/trade/order", "/api/v5/trade/batch-orders"})
RULES = (
    Rule("50001|50004|50013|50026|51149|51054", Ambiguous, "time-out, overload or an error of the venue's own"),
    Rule(
        "50102|50103|50112",
        Unavailable,
        "turned away by its time stamp: the clock of this machine is wrong, set NTP",
        do=SET_CLOCK,
    ),
    Rule("50036|50037", Unavailable, "it came after its `expTime`: the venue has done nothing with it"),
    Rule("50011|50061|50040|429", RateLimited, "counted and turned away"),
    Rule(
        "5010[0145-9]|501(10|11|13|14|19|20|21)|50030|50035|53000", Unauthorised, "key, address, permission, passphrase"
    ),
    Rule("51008|51119|51127|51131|51502|59200|58350", InsufficientFunds, "balance or margin"),
    Rule("51016|51065", DuplicateOrder, "a live order has the id: an answer, look it up"),
    Rule("51001|51014|51015|51021|51027|51028|51024|51030|51087", NotTradable, "the market, or of this account"),
    Rule(
        "51400|51401|51402|51410|51503|51509|51603",
        NotFound,
        "no such live order: it may as well be filled, look it up",
    ),
    Rule("51169|51170|51112|51113", InvalidOrder, "there is no position to reduce", do=NO_POSITION),
    Rule("51000|5100[2-9]|510[0-9]{2}|511[0-9]{2}|512[0-9]{2}|513[0-9]{2}|51[4-9][0-9]{2}", InvalidOrder, "its fields"),
    Rule("54[0-9]{3}|59[0-9]{3}|58[0-9]{3}|5[0-9]{4}", Rejected, "what is left of the refusals"),
)


def _traded(listing: Listing) -> tuple[Scoped, ...]:
    return tuple(Scoped((one,), _KINDS, listing, {"instType": kind}) for one, kind in _TYPES.items())


def _balance_change(found: Row) -> Decimal:
    """The change of the balance; of a forced close the profit alone, for its fee is a row of ours."""
    return found.number_or_none("pnl") or ZERO if found.values.get("type") in _FORCED else found.number("balChg")


def _with_fee(found: Row) -> list[Row]:
    fee = found.number_or_none("fee") or ZERO
    if found.values.get("type") not in _FORCED or fee == 0:
        return [found]
    charged = {**found.values, "type": "forced fee", "balChg": str(fee), "billId": f"{found.values.get('billId')}:fee"}
    return [found, Row(charged, f"{found.where}, fee")]


def _closed(found: Row) -> tuple[Decimal, Decimal]:
    size = found.number("sz")
    return size if str(found.values.get("subType")) in _BUYS else -size, found.number("px")


def _credited(found: Row) -> Decimal:
    return found.number("amt") if str(found.values.get("state")) == "2" else ZERO


def _sent(found: Row) -> Decimal:
    if str(found.values.get("state")) != "2":
        return ZERO
    return -(found.number("amt") + _fee(found))


def _fee(found: Row) -> Decimal:
    """The fee of a withdrawal; older rows write the coin behind the number: `0.01000000eth`."""
    text = str(found.values.get("fee") or "0").rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return exact(text or "0", f"{found.where}: field `fee`")


def _paged_by_time(method: str, key: str) -> Listing:
    return Listing(method, "data", (key,), Back("after", "ts", 100), "before", "after", fixed={"limit": 100})


def _money(method: str, key: str, amount: Any) -> Ledger:
    listing = _paged_by_time(method, key)
    words = LedgerWords((key,), (), {"": ActivityKind.TRANSFER}, frozenset(), "ccy", amount, in_milliseconds("ts"))
    return Ledger(Scoped((FUNDING,), (), listing), words)


_BILLS = Ledger(
    Scoped(
        _TRADED,
        (),
        Listing(
            "privateGetAccountBillsArchive",
            "data",
            ("billId",),
            FromRow("after", "billId", 100),
            *_WINDOW,
            fixed={"limit": 100},
        ),
    ),
    LedgerWords(
        ("billId",),
        ("type", "subType"),
        {
            "1": ActivityKind.JOURNAL,
            "4": ActivityKind.CONVERSION,
            "5": ActivityKind.LIQUIDATION,
            "6": ActivityKind.JOURNAL,
            "7": ActivityKind.INTEREST,
            "8": ActivityKind.FUNDING,
            "9": ActivityKind.DELEVERAGING,
            "10": ActivityKind.FEE,
            "11": ActivityKind.CONVERSION,
            "12": ActivityKind.JOURNAL,
            "18": ActivityKind.FEE,
            "27": ActivityKind.CONVERSION,
            "28": ActivityKind.CONVERSION,
            "29": ActivityKind.CONVERSION,
            "30": ActivityKind.CONVERSION,
            "forced fee": ActivityKind.FEE,
        },
        frozenset({"2", "3", "14", "24"}),
        "ccy",
        _balance_change,
        in_milliseconds("ts"),
        group="tradeId",
        market="instId",
        moved=_closed,
    ),
    _with_fee,
)


_FUNDING_BILLS = Ledger(
    Scoped(
        (FUNDING,),
        (),
        Listing(
            "privateGetAssetBills",
            "data",
            ("billId",),
            Back("after", "ts", 100),
            "before",
            "after",
            fixed={"limit": 100},
        ),
    ),
    LedgerWords(
        ("billId",),
        ("type",),
        {"130": ActivityKind.JOURNAL, "131": ActivityKind.JOURNAL},
        frozenset({"1", "2"}),  # deposits and withdrawals, whose own lists say whether they are done
        "ccy",
        stated("balChg"),
        in_milliseconds("ts"),
    ),
)


_UNTOLD = {
    ActivityKind.TRANSFER: "deposits and withdrawals pass through the funding account, which is not in scope",
}


class Okx(Venue):
    """See the module."""

    name = "okx"
    broker = "okx"
    products = (*_TRADED, FUNDING)
    usual = (SPOT, SWAP, FUTURES)
    sandbox = ("x-simulated-trading",)
    rules = RULES
    passphrase = True
    requests_per_minute = 600
    market_field = "instId"
    order_words = OrderWords("state", "clOrdId", "posSide")
    trade_words = TradeWords(("billId",), "clOrdId", "posSide")
    position_words = PositionWords("pos", "posSide", "avgPx", "markPx", "upl", "posSide")
    book_at = ("data.0.bids", "data.0.asks")
    capabilities = Capabilities(
        broker="okx",
        asset_classes=frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL, AssetClass.FUTURE, AssetClass.OPTION}),
        order_types=PLAIN,
        times_in_force=USUAL_TIMES,
        fractional=frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL, AssetClass.FUTURE, AssetClass.OPTION}),
        lookup_by_client_order_id=True,
        executions_carry_client_order_id=True,
        streams_orders=True,
        activities=True,
        visibility_delay_s=Decimal(10),
        replaces=False,
        any_sessions=False,
        asked_by_market=True,
        notes=(
            "client order ids are unique among live orders only",
            "stops live in a book of their own, with other ids",
        ),
    )
    positions = (
        Scoped(
            (SWAP, FUTURES, OPTION),
            _KINDS,
            Listing("privateGetAccountPositions", "data", ("posId", "instId", "posSide")),
        ),
    )
    open_orders = (
        Scoped(
            _TRADED,
            _KINDS,
            Listing(
                "privateGetTradeOrdersPending", "data", ("ordId",), FromRow("after", "ordId", 100), fixed={"limit": 100}
            ),
        ),
    )
    all_orders = _traded(
        Listing(
            "privateGetTradeOrdersHistory",
            "data",
            ("ordId",),
            FromRow("after", "ordId", 100),
            *_WINDOW,
            fixed={"limit": 100},
        )
    )
    trades = _traded(
        Listing(
            "privateGetTradeFillsHistory",
            "data",
            ("billId",),
            FromRow("after", "billId", 100),
            *_WINDOW,
            fixed={"limit": 100},
        )
    )
    lookups = (Lookup(_TRADED, _KINDS, "privateGetTradeOrder", "clOrdId", "data.0", market="instId"),)
    ledgers = (
        _BILLS,
        _FUNDING_BILLS,
        _money("privateGetAssetDepositHistory", "depId", _credited),
        _money("privateGetAssetWithdrawalHistory", "wdId", _sent),
    )

    no_kind = _UNTOLD
    no_margin_mode = "it goes with each order there, and ours share one margin"

    def said(self, content: object) -> Said | None:
        """A refusal is in `code`, or, of one order among several, in its `sCode` beside a `code` of 0, 1 or 2."""
        if not isinstance(content, dict) or "code" not in content:
            return None
        code = str(content["code"])
        inner, words = str(dig(content, "data.0.sCode") or "0"), str(dig(content, "data.0.sMsg") or "")
        if inner != "0":
            return Said(inner, words)
        return None if code == "0" else Said(code, str(content.get("msg", "")))

    def options(self, products: frozenset[str]) -> dict[str, Any]:
        kinds = {SPOT: "spot", SWAP: "swap", FUTURES: "future", OPTION: "option"}
        return {"fetchMarkets": {"types": [kinds[one] for one in _TRADED if one in products] or ["spot"]}}

    def facts(self, desk: Desk) -> Facts:
        found = row(dig(desk.call("privateGetAccountConfig"), "data.0"), "account")
        if desk.products & {SWAP, FUTURES}:
            desk.require_mode(found.text("posMode") == "long_short_mode")
        ips = (found.text_or_none("ip") or "").split(",")
        rights = (found.text_or_none("perm") or "").split(",")
        return Facts(text_in(found, "uid"), tuple(filter(None, rights)), tuple(filter(None, ips)))

    def wallets(self, desk: Desk) -> Iterator[tuple[str, list[Wallet]]]:
        if desk.products & set(_TRADED):
            lines = rows_in(desk.call("privateGetAccountBalance"), "data.0.details", "account")
            yield "trading", [_wallet(one) for one in lines]
        if FUNDING in desk.products:
            lines = rows_in(desk.call("privateGetAssetBalances"), "data", "account")
            yield FUNDING, [Wallet(one.text("ccy"), one.number("bal"), free=ZERO) for one in lines]

    def own_row(self, row: Mapping[str, Any]) -> bool:
        return str(row.get("subType")) not in _FORCED_FILLS

    def headers(self, path: str, now_ms: int) -> Mapping[str, str]:
        """`expTime`: an order that comes later is turned away (50036). Cancels are welcome at any time."""
        return {"expTime": str(now_ms + IN_TIME_MS)} if path in _PLACING else {}

    def placing(self, desk: Desk, order: Order, market: Market) -> dict[str, Any]:
        leg = leg_of(order.instrument)
        return {} if leg is None else {"posSide": leg.value.lower()}

    def coin(self, desk: Desk, code: str) -> str:
        return code


def _wallet(found: Row) -> Wallet:
    owed = abs(found.number_or_none("liab") or ZERO)
    return Wallet(found.text("ccy"), found.number("cashBal"), owed, free=found.number_or_none("availBal"))
