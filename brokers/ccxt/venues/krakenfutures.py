"""Kraken Futures: a venue, keys and a ledger apart from Kraken spot.

A refusal of an order comes as a status inside HTTP 200. The look-up by our id forgets an order five seconds after it
ended, so orders are found in the history, which is complete. The account log has two rows for a trade: one of money,
one of the position, whose asset is the contract. Fills say no fee, so the log's fee is an activity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from brokers.base import Capabilities
from brokers.ccxt.paging import Back, Cursor, FromRow, Listing, dig, pick
from brokers.ccxt.parse.executions import TradeWords
from brokers.ccxt.parse.ledger import LedgerWords, forced_rows
from brokers.ccxt.parse.orders import OrderWords
from brokers.ccxt.parse.positions import PositionWords
from brokers.ccxt.rules import NO_POSITION, OWN_KEY, Rule, Said
from brokers.ccxt.venue import CONTRACTS, FUTURES, PLAIN, USUAL_TIMES, Facts, Forced, Ledger, Scoped, Venue
from brokers.http.fields import Row, row
from tieout.coins import Wallet
from tieout.errors import (
    Ambiguous,
    DuplicateOrder,
    InsufficientFunds,
    InvalidOrder,
    Malformed,
    MarketClosed,
    NotFound,
    NotTradable,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
    Unsupported,
)
from tieout.instruments import AssetClass
from tieout.money import ZERO, exact, exact_or_none
from tieout.orders import Order
from tieout.records import ActivityKind

if TYPE_CHECKING:
    from brokers.ccxt.desk import Desk
    from brokers.ccxt.markets import Market

_KEY = "api-keys/v3/check"
_DONE = frozenset({"placed", "partiallyFilled", "filled", "cancelled", "edited", "attempted", "received"})
_FORCED = {
    "liquidation": "liquidation",
    "unwindCounterparty": "deleveraging",
    "unwindBankrupt": "deleveraging",
}
_CLOSINGS = ("futures liquidation", "futures unwind counterparty", "futures unwind bankrupt")
_LASTS = frozenset({"ioc", "fok"})
_OWN_FILLS = frozenset({"maker", "taker", "takerAfterEdit"})

RULES = (
    Rule("Unavailable|Server Error|unknownError|.*timeout.*", Ambiguous, "no word of what became of the order"),
    Rule("nonce.*|apiLimitExceeded-nonce", Unavailable, "turned away by its number", do=OWN_KEY),
    Rule("apiLimitExceeded|tooManySmallOrders|maxOrdersPerAccountReached", RateLimited, "counted and turned away"),
    Rule(
        "authenticationError|accountInactive|requiredArgumentMissing: key|insufficientPermission.*",
        Unauthorised,
        "key or account",
    ),
    Rule("insufficientAvailableFunds|insufficientMargin|wouldCauseLiquidation", InsufficientFunds, "margin"),
    Rule("clientOrderIdAlreadyExist|cliOrdIdAlreadyUsed", DuplicateOrder, "the id was used before: look it up"),
    Rule("notFound|orderForEditNotFound|filled", NotFound, "no live order: it may as well be filled, look it up"),
    Rule("contractNotFound|invalidUnit|contract not found|.*market.*unknown.*", NotTradable, "the market"),
    Rule("marketSuspended|marketInactive|marketIsClosed|postOnlyMode", MarketClosed, "the market takes none now"),
    Rule("wouldNotReducePosition", Rejected, "as its flags ask", do=NO_POSITION),
    Rule("wouldExecuteSelf|postWouldExecute|iocWouldNotExecute", Rejected, "as its flags ask"),
    Rule(
        "invalid.*|outsidePriceCollar|maxPositionViolation|tooLarge|tooSmall|requiredArgumentMissing.*",
        InvalidOrder,
        "its fields",
    ),
)


def _rights(said: object, above: str = "") -> Iterator[str]:
    """`general=full_access`; what the key has no access to is no right of it."""
    if isinstance(said, dict):
        for name, inner in said.items():
            yield from _rights(inner, f"{above}.{name}" if above else str(name))
    elif str(said).lower() not in ("none", "false", "no_access", "noaccess", ""):
        yield f"{above}={str(said).lower()}"


def _forced(found: Row) -> list[Row]:
    """The profit is at the price; the fee of it is in the log."""
    size, kind, symbol = found.number("size"), _FORCED[found.text("fillType")], found.text("symbol").upper()
    closed = {
        "id": found.text("fill_id"),
        "order": str(found.values.get("order_id")),
        "time": str(int(found.moment("fillTime").timestamp() * 1000)),
        "coin": symbol[3:-3] if symbol.startswith(("PI_", "FI_")) else symbol[-3:],  # inverse ones pay in their coin
        "amount": "0",
        "units": str(size if found.text("side") == "buy" else -size),
        "price": str(found.number("price")),
        "symbol": symbol,
    }
    return forced_rows(found, kind, closed=closed, fee=ZERO)


def _moment(field: str) -> Any:
    def read(found: Row) -> datetime:
        return found.moment(field)

    return read


def _just_behind(text: object) -> object:
    """The next millisecond, as the venue writes moments."""
    behind = datetime.fromisoformat(str(text)) + timedelta(milliseconds=1)
    return f"{behind.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{behind.microsecond // 1000:03}Z"


def _paid(found: Row) -> Decimal:
    """What a row of the log changed in money: profit is in the executions, so of a trade the fee alone counts."""
    if str(found.values.get("asset")).lower() == str(found.values.get("contract")).lower():
        return ZERO  # the position's leg of a trade
    fee, funding = found.number_or_none("fee") or ZERO, found.number_or_none("realized_funding") or ZERO
    kind = str(found.values.get("info"))
    if kind.endswith("trade") or kind in _CLOSINGS:
        return -fee
    if kind == "funding rate change":
        return funding - fee
    return (found.number_or_none("new_balance") or ZERO) - (found.number_or_none("old_balance") or ZERO)


def _in_capitals(found: Row) -> list[Row]:
    """The log writes contracts in small letters, the list of instruments in capitals."""
    return [Row({**found.values, "contract": str(found.values.get("contract") or "").upper()}, found.where)]


_LOG = Ledger(
    Scoped(
        (FUTURES,),
        (),
        Listing(
            "historyGetAccountLog",
            "logs",
            ("id",),
            FromRow("from", "id", 500, step=1),
            "since",
            "before",
            fixed={"sort": "asc", "count": 500},
        ),
    ),
    LedgerWords(
        ("booking_uid",),
        ("info",),
        {
            "futures trade": ActivityKind.FEE,
            "funding rate change": ActivityKind.FUNDING,
            **dict.fromkeys(_CLOSINGS, ActivityKind.FEE),
            "conversion": ActivityKind.CONVERSION,
            "interest payment": ActivityKind.INTEREST,
            "cross-exchange transfer": ActivityKind.JOURNAL,
            "account transfer": ActivityKind.JOURNAL,
            "transfer": ActivityKind.JOURNAL,
            "deposit": ActivityKind.TRANSFER,
            "withdrawal": ActivityKind.TRANSFER,
        },
        frozenset(),
        "asset",
        _paid,
        _moment("date"),
        group="execution",
        market="contract",
    ),
    _in_capitals,
)


class KrakenFutures(Venue):
    """See the module."""

    name = "krakenfutures"
    broker = "krakenfutures"
    products = (FUTURES,)
    usual = (FUTURES,)
    sandbox = ("demo-futures.kraken.com",)
    rules = RULES
    requests_per_minute = 300
    order_words = OrderWords("status", "cliOrdId|cli_ord_id|clientId|order.cliOrdId")
    trade_words = TradeWords(("fill_id",), "cliOrdId|cli_ord_id")
    position_words = PositionWords("size", "side", "price", "markPrice", "pnl")
    book_at = ("orderBook.bids", "orderBook.asks")
    capabilities = Capabilities(
        broker="krakenfutures",
        asset_classes=frozenset({AssetClass.PERPETUAL, AssetClass.FUTURE}),
        order_types=PLAIN,
        times_in_force=USUAL_TIMES,
        fractional=frozenset({AssetClass.PERPETUAL, AssetClass.FUTURE}),
        lookup_by_client_order_id=True,
        enforces_unique_client_order_id=True,
        executions_carry_client_order_id=True,
        streams_orders=True,
        activities=True,
        visibility_delay_s=Decimal(10),
        replaces=False,
        any_sessions=False,
        notes=("fills say no fee: the account log does",),
    )
    positions = (
        Scoped((FUTURES,), CONTRACTS, Listing("privateGetOpenpositions", "openPositions", ("symbol", "side"))),
    )
    open_orders = (Scoped((FUTURES,), CONTRACTS, Listing("privateGetOpenorders", "openOrders", ("order_id",))),)
    all_orders = (
        Scoped(
            (FUTURES,),
            CONTRACTS,
            Listing(
                "historyGetOrders",
                "elements",
                ("uid", "timestamp"),
                Cursor("continuationToken", "continuationToken"),
                "since",
                "before",
                fixed={"sort": "asc"},  # of several events of one order the last one stands
            ),
        ),
    )
    trades = (
        Scoped(
            (FUTURES,),
            CONTRACTS,
            Listing(
                "privateGetFills",
                "fills",
                ("fill_id",),
                Back("lastFillTime", "fillTime", 100, _just_behind),
                happened=_moment("fillTime"),
            ),
        ),
    )
    ledgers = (_LOG,)

    def time(self, desk: Desk) -> datetime:
        """Every answer has it; the states of the instruments are a short one that needs no key."""
        return row(desk.call("publicGetInstrumentsStatus"), "clock").moment("serverTime")

    def set_margin_mode(self, desk: Desk, market: Market, mode: str) -> None:
        """A contract with a leverage of its own is isolated there, and one without shares its margin."""
        if mode != "cross":
            raise Unsupported(self.broker, "a contract is isolated by setting its leverage: do that instead")
        desk.call("privatePutLeveragepreferences", {"symbol": market["id"].upper()})

    def said(self, content: object) -> Said | None:
        """`result: error`, or a status of the one order that is no success."""
        if not isinstance(content, dict):
            return None
        if content.get("result") == "error" or content.get("errors"):
            words = str(content.get("error") or dig(content, "errors.0.message") or "")
            return Said(words, words)
        for name in ("sendStatus", "cancelStatus", "editStatus"):
            status = dig(content, f"{name}.status")
            if status is not None and (status not in _DONE or (name == "cancelStatus" and status == "filled")):
                return Said(str(status), str(status))
        return None

    def facts(self, desk: Desk) -> Facts:
        """From the venue's service of keys, which ccxt does not know but signs for as for the history."""
        exchange = desk.exchange
        history: str = exchange.urls["api"]["history"]
        exchange.urls["api"]["auth"] = history.removesuffix("history/") + "auth/"
        exchange.options["versions"]["auth"] = {"GET": {_KEY: "v1"}}
        exchange.options["access"]["auth"] = {"GET": {_KEY: "private"}}
        found = row(exchange.request(_KEY, ["auth"]), "key")
        rights, blocks = found.values.get("permissions"), found.values.get("allowedCidrBlocks")
        return Facts(
            found.text("accountUid"),
            tuple(_rights(rights)),
            tuple(str(one) for one in blocks) if isinstance(blocks, list) else (),
        )

    def wallets(self, desk: Desk) -> Iterator[tuple[str, list[Wallet]]]:
        accounts = dig(desk.call("privateGetAccounts"), "accounts")
        if not isinstance(accounts, dict):
            raise Malformed("account: an object was expected at `accounts`")
        for name, account in accounts.items():
            held = account.get("currencies") or account.get("balances") or {}
            coins = [code for code in held if self.coin(desk, code) is not None and not _is_contract(code)]
            there = dig(account, "auxiliary.af")  # available funds of a contract's own wallet, in its coin
            yield name, [_wallet(self.coin(desk, code), code, held[code], there) for code in coins]

    def market_id(self, row: Mapping[str, Any]) -> Any:
        row = _order_of(row)
        named = pick(row, "symbol|tradeable|order.symbol")
        return named.upper() if isinstance(named, str) else None

    def told(self, desk: Desk, row: Mapping[str, Any]) -> dict[str, Any]:
        row = _order_of(row)
        return {**row, **({"symbol": self.market_id(row)} if row.get("symbol") else {})}

    def quoted(self, ticker: dict[str, Any]) -> dict[str, Any]:
        """The time is the last trade's, bid and ask are those of the answer, and ccxt leaves out the day's bounds."""
        said = ticker.get("info") or {}
        return {**ticker, "timestamp": None, "high": said.get("high24h"), "low": said.get("low24h")}

    def margin_is_coin(self, desk: Desk) -> bool:
        """Every coin in the account is collateral."""
        return True

    def corrected(self, record: dict[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
        """ccxt leaves the size out of inverse trades, makes up their fee from a table, and drops limits of orders."""
        if "fillTime" in row:
            return {**record, "amount": row.get("size"), "fee": None, "fees": []}
        order = _order_of(row)
        limit = pick(order, "limitPrice|order.limitPrice")
        lasts = str(pick(order, "orderType|order.type|type")).lower()
        kind = {"type": "limit", "timeInForce": lasts} if lasts in _LASTS else {}
        return {**record, **kind} if limit is None else {**record, **kind, "price": limit}

    def is_order(self, row: Mapping[str, Any]) -> bool:
        """The history also tells of requests that named an order which is not there."""
        event = row.get("event")
        return not (isinstance(event, dict) and "OrderNotFound" in event)

    def placing(self, desk: Desk, order: Order, market: Market) -> dict[str, Any]:
        """How long it lasts is part of the kind of order there, and ccxt drops it."""
        lasts = order.time_in_force.value
        return {"orderType": lasts} if lasts in _LASTS and order.limit_price is not None else {}

    def own_row(self, row: Mapping[str, Any]) -> bool:
        return row.get("fillType") in _OWN_FILLS

    def forced(self, desk: Desk, scoped: Scoped, since: datetime, until: datetime) -> Forced | None:
        """The fills tell of what the venue closed by itself, and the log of what it cost."""
        return Forced(lambda row: _FORCED.get(str(row.get("fillType")), ""), _forced)

    def coin(self, desk: Desk, code: str) -> str:
        return str(desk.exchange.safe_currency_code(code.upper()))


_EVENTS = {
    "OrderCancelled": "canceled",
    "OrderRejected": "rejected",
    "OrderPlaced": "open",
    "OrderUpdated": "open",
    "OrderEditRejected": "open",
}


def _order_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The order inside an event of the history, with the state after it; any other row is itself."""
    event = row.get("event")
    if not isinstance(event, dict):
        return dict(row)
    for name, state in _EVENTS.items():
        found = pick(event, f"{name}.newOrder|{name}.order|{name}.oldOrder")
        if isinstance(found, dict):
            whole = (
                str(found.get("filled")) == str(found.get("quantity")) or dig(event, f"{name}.reason") == "full_fill"
            )
            return {**found, "status": "filled" if whole and state == "open" else state}
    raise Malformed(f"an event of an order that is not known: {', '.join(event)}")


def _wallet(coin: str, code: str, held: object, there: object) -> Wallet:
    """A quantity in a wallet that says what is free, or of the multi-collateral account, an object that says so."""
    if not isinstance(held, dict):
        return Wallet(coin, exact(held, f"balance of {code}"), free=exact_or_none(there, f"available {code}"))
    free = exact_or_none(held.get("available"), f"available {code}")
    return Wallet(coin, exact(held.get("quantity"), f"balance of {code}"), free=free)


def _is_contract(code: str) -> bool:
    """Contracts stand among the balances of the older margin accounts, under their own names."""
    return "_" in code
