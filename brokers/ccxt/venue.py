"""What a venue is to the adapter: its tables, and the few things that no table says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from brokers.base import Capabilities
from brokers.ccxt.fields import moment
from brokers.ccxt.paging import Listing, dig
from brokers.ccxt.parse.executions import TradeWords
from brokers.ccxt.parse.ledger import LedgerWords
from brokers.ccxt.parse.orders import OrderWords
from brokers.ccxt.parse.positions import PositionWords
from brokers.ccxt.rules import Rule, Said
from brokers.http.answers import Answer
from brokers.http.errors import retry_after
from brokers.http.fields import Row
from tieout.coins import Wallet
from tieout.errors import Malformed, Unsupported
from tieout.hedge import leg_of
from tieout.instruments import AssetClass
from tieout.orders import Order, OrderType, TimeInForce
from tieout.records import ActivityKind

if TYPE_CHECKING:
    from brokers.ccxt.desk import Desk
    from brokers.ccxt.markets import Market

SPOT, MARGIN, LINEAR, INVERSE, FUTURES, OPTION = "spot", "margin", "linear", "inverse", "futures", "option"
CONTRACTS = ("swap", "future")
PLAIN = frozenset({OrderType.MARKET, OrderType.LIMIT})
IN_TIME_MS = 8_000
"""A request that arrives later is to die in the venue, where the venue can do that. It is shorter than the time after
which an order that nobody finds counts as absent, and leaves room for clocks that are a few seconds apart."""
USUAL_TIMES = frozenset({TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK})


@dataclass(frozen=True, slots=True)
class Scoped:
    """One list of a venue, and what it covers.

    products    of an account in whose scope it is
    kinds       of the markets in it: see `markets.is_among`
    market      parameter that takes a market's id, where the list exists for one market at a time
    """

    products: tuple[str, ...]
    kinds: tuple[str, ...]
    listing: Listing
    query: Mapping[str, object] = field(default_factory=dict)
    market: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One way to find an order by our id.

    param       takes our id
    path        dots lead to the order, or to a list of orders where `many`, inside the answer
    keyed       that list is an object, by the venue's numbers
    active_only   the venue forgets orders soon after they are over: that it knows none proves nothing
    null_is_none  the venue says null of an order that it does not have; elsewhere an answer without it proves nothing
    """

    products: tuple[str, ...]
    kinds: tuple[str, ...]
    method: str
    param: str
    path: str = ""
    query: Mapping[str, object] = field(default_factory=dict)
    market: str = ""
    many: bool = False
    keyed: bool = False
    null_is_none: bool = False
    active_only: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """One ledger of a venue and how it is written.

    expand    the rows of ours in a row of the venue's, where one has several
    """

    scoped: Scoped
    words: LedgerWords
    expand: Callable[[Row], list[Row]] | None = None


class StreamWord(StrEnum):
    """What a venue says of a stream itself."""

    LISTENING = "listening"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class OrdersTold:
    """One stream of orders.

    params      of ccxt's `watch_orders`
    confirmed   the venue says in a frame that it is going to tell
    wire        streams with the same word share a connection
    kept_by     ccxt's name of the endpoint that keeps it alive
    """

    params: Mapping[str, object] = field(default_factory=dict)
    confirmed: bool = False
    wire: str = ""
    kept_by: str = ""


@dataclass(frozen=True, slots=True)
class Forced:
    """The trades of a list that the venue made itself.

    kind      of one: `liquidation` or `deleveraging`, empty for a trade of ours
    rows      what became of it, written as `parse.ledger.FORCED_WORDS` read it
    """

    kind: Callable[[Mapping[str, Any]], str]
    rows: Callable[[Row], list[Row]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a venue says of the account behind a key."""

    number: str
    permissions: tuple[str, ...] = ()
    ip_allow_list: tuple[str, ...] = ()
    expires_at: datetime | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Priced:
    """An order on the market's steps, as the venue counts."""

    amount: Decimal
    limit: Decimal | None
    trigger: Decimal | None


class Venue(ABC):
    """One venue. A subclass says what is its own; what it leaves out is as at most venues.

    name          of ccxt's class
    products      what an account may have in scope
    usual         what it has where its options say nothing
    sandbox       hosts at which nothing is real; empty where the venue has none
    order_param   parameter of ccxt's under which our id leaves
    remembers     how far back orders are looked for by our id in a list, where the venue finds none by it
    market_field  of a venue's row, where it names its market
    book_at       dots lead to the bids and to the asks in the answer about an order book
    reduces       it takes the word that an order shall close what is held and open nothing
    depths        of the book that may be asked for, rising; empty where any may
    market_params   under which ccxt asks for the list of markets
    no_kind       why no ledger tells of some kind of event where none in scope does; `no_leverage` and its like, why
                  the venue lacks a method
    """

    name: ClassVar[str]
    broker: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    products: ClassVar[tuple[str, ...]] = (SPOT,)
    usual: ClassVar[tuple[str, ...]] = (SPOT,)
    sandbox: ClassVar[tuple[str, ...]] = ()
    rules: ClassVar[tuple[Rule, ...]] = ()
    requests_per_minute: ClassVar[int] = 300
    passphrase: ClassVar[bool] = False
    order_param: ClassVar[str] = "clientOrderId"
    market_field: ClassVar[str] = "symbol"
    position_words: ClassVar[PositionWords] = PositionWords("")
    positions: ClassVar[tuple[Scoped, ...]] = ()
    order_words: ClassVar[OrderWords]
    trade_words: ClassVar[TradeWords]
    open_orders: ClassVar[tuple[Scoped, ...]] = ()
    all_orders: ClassVar[tuple[Scoped, ...]] = ()
    lookups: ClassVar[tuple[Lookup, ...]] = ()
    trades: ClassVar[tuple[Scoped, ...]] = ()
    ledgers: ClassVar[tuple[Ledger, ...]] = ()
    remembers: ClassVar[timedelta] = timedelta(days=7)
    no_replace: ClassVar[str] = "changes an order in place under its old id: cancel it, and decide anew"
    no_kind: ClassVar[Mapping[ActivityKind, str]] = {}
    no_leverage: ClassVar[str] = ""
    no_margin_mode: ClassVar[str] = ""
    no_clock: ClassVar[str] = ""
    book_at: ClassVar[tuple[str, str]] = ("bids", "asks")
    reduces: ClassVar[bool] = True
    depths: ClassVar[tuple[int, ...]] = ()
    market_params: ClassVar[Mapping[str, object]] = {}
    margin_params: ClassVar[Mapping[str, object]] = {}

    @abstractmethod
    def said(self, content: object) -> Said | None:
        """What a body says in refusal, None where it refuses nothing."""

    def options(self, products: frozenset[str]) -> dict[str, Any]:
        """ccxt's options for an account with these products."""
        return {}

    def rehearse(self, exchange: Any, products: frozenset[str]) -> None:
        """Point ccxt at the venue's sandbox."""
        exchange.set_sandbox_mode(True)

    @abstractmethod
    def facts(self, desk: Desk) -> Facts:
        """Who we are, and what the key may do."""

    def wait_s(self, answer: Answer, now: datetime) -> float | None:
        """Seconds to wait after an answer that says `too many`, None where it does not say."""
        return retry_after(answer, now)

    @abstractmethod
    def wallets(self, desk: Desk) -> Iterator[tuple[str, list[Wallet]]]:
        """Every wallet in scope, by name. Each is read whole or raises."""

    def market_id(self, row: Mapping[str, Any]) -> Any:
        """The venue's own id of the market that a row is about, None where ccxt has to find it out."""
        return row.get(self.market_field)

    def told(self, desk: Desk, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row with what the venue leaves out of it, such as the leg of a trade."""
        return dict(row)

    def corrected(self, record: dict[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
        """What ccxt's reader made of a row, with what it gets wrong put right."""
        return record

    def quoted(self, ticker: dict[str, Any]) -> dict[str, Any]:
        """What ccxt's reader made of a ticker, with what it leaves out or gets wrong put right."""
        return ticker

    def margin_is_coin(self, desk: Desk) -> bool:
        """Whether coins, and not the base currency alone, are what new positions are margined with."""
        return INVERSE in desk.products and not desk.products & {SPOT, MARGIN}

    def forced(self, desk: Desk, scoped: Scoped, since: datetime, until: datetime) -> Forced | None:
        """Which trades of a list the venue made itself, closing what we held; None where its ledger tells of those."""
        return None

    def own_row(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of trades is a trade of ours: some venues list funding and forced closes among them."""
        return True

    def is_order(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of a list of orders is about an order: one venue lists requests that came to nothing, too."""
        return True

    def against(self, order: Order) -> Iterator[str]:
        """What of an order the venue does not take, beyond its capabilities, in words."""
        if order.stop_price is not None and order.instrument.asset_class is not AssetClass.CRYPTO:
            yield "stops on contracts: they live in a book of their own, under other ids than orders"

    def placing(self, desk: Desk, order: Order, market: Market) -> dict[str, Any]:
        """Parameters of ccxt's that an order needs here beside the usual ones."""
        return {}

    def headers(self, path: str, now_ms: int) -> Mapping[str, str]:
        """Headers beside the signed ones, for a request that tells the venue something.

        now_ms   by the clock of this machine, with which requests are stamped
        """
        return {}

    def create(self, desk: Desk, order: Order, market: Market, priced: Priced) -> Any:
        """Send it once through ccxt; its answer as ccxt reads it."""
        kind = "market" if order.order_type in (OrderType.MARKET, OrderType.STOP) else "limit"
        params: dict[str, Any] = {self.order_param: order.client_order_id, **self.placing(desk, order, market)}
        if self.reduces and order.is_exit and order.instrument.is_margined and leg_of(order.instrument) is None:
            params["reduceOnly"] = True  # in hedge mode the leg says as much, and ccxt would flip sides for the word
        params |= terms_of(order, priced)
        price = None if priced.limit is None else f"{priced.limit:f}"
        amount = self.amount(priced.amount, market)
        return desk.exchange.create_order(market["symbol"], kind, order.side.value, amount, price, params)

    def amount(self, amount: Decimal, market: Market) -> str | int:
        """A size as ccxt takes it: text, for it makes floats of nothing else that it gets."""
        return f"{amount:f}"

    def cancelling(self, desk: Desk, market: Market) -> dict[str, Any]:
        """Parameters of ccxt's that a cancel needs here."""
        return {}

    def replace(self, desk: Desk, old: str, order: Order, market: Market, priced: Priced) -> Any:
        """As `create`, for a replacement of the order with the venue's number `old` in one atomic step."""
        raise Unsupported(self.broker, self.no_replace)

    def has(self, desk: Desk, scoped: Scoped) -> bool:
        """Whether a list exists where the account lives: sandboxes lack some."""
        return True

    def tells_traded(self, scoped: Scoped) -> bool:
        """Whether `traded_in` names every market of a list in which there was a trade."""
        return False

    def parts(self, desk: Desk, scoped: Scoped) -> Iterable[Mapping[str, object]]:
        """What is asked for one after the other where a list exists in parts only, such as one for each wallet."""
        return ({},)

    def traded_in(self, desk: Desk, scoped: Scoped, since: datetime, until: datetime) -> Iterable[Market]:
        """Markets that may hold trades of a window beside those that the account names."""
        return ()

    def depth(self, desk: Desk, market: Market, levels: int) -> tuple[list[Any], list[Any]]:
        """Bids and asks of the book, each a price and a size as the venue wrote them: ccxt makes floats of them."""
        deep = next((one for one in self.depths if one >= levels), self.depths[-1] if self.depths else levels)
        desk.exchange.fetch_order_book(market["symbol"], deep)
        return _levels(desk.line.last, self.book_at[0]), _levels(desk.line.last, self.book_at[1])

    def leverage_for(self, desk: Desk, market: Market) -> tuple[dict[str, Any], ...]:
        """Parameters of each call that sets the leverage of a contract."""
        return ({},)

    def set_margin_mode(self, desk: Desk, market: Market, mode: str) -> None:
        """Tell the venue, once, that a contract has a margin of its own, `isolated`, or shares one, `cross`."""
        desk.exchange.set_margin_mode(mode, market["symbol"], self.margin_params)

    def time(self, desk: Desk) -> datetime:
        """What the venue says the time is, UTC."""
        return moment(desk.exchange.fetch_time(), "clock")

    @property
    def stream_words(self) -> OrderWords:
        """As `order_words`, for the rows of the stream."""
        return self.order_words

    def streams(self, desk: Desk) -> tuple[OrdersTold, ...]:
        """The streams of orders that the account needs."""
        return (OrdersTold(),)

    def stream_says(self, frame: object) -> tuple[StreamWord | None, int]:
        """What a frame says of its stream, and of how many orders it tells, where that is known."""
        return None, 0

    def stream_kinds(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """Kinds of the market that a row of the stream is about, where ccxt would guess by its id alone."""
        return ()

    def coin(self, desk: Desk, code: str) -> str:
        """Our code of the venue's word for a coin."""
        return str(desk.exchange.safe_currency_code(code))


def terms_of(order: Order, priced: Priced) -> dict[str, str]:
    """How long an order lives and what sets it off, as ccxt is told; it takes good-till-cancelled for granted."""
    terms = {} if priced.trigger is None else {"triggerPrice": f"{priced.trigger:f}"}
    if order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK) and priced.limit is not None:
        terms["timeInForce"] = order.time_in_force.value.upper()
    return terms


def _levels(content: object, path: str) -> list[Any]:
    found = dig(content, path)
    if not isinstance(found, list):
        raise Malformed(f"book: a list was expected at `{path}`, got {type(found).__name__}")
    return found
