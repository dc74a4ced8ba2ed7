"""A desk at a coin venue that answers with recorded content, through the real ccxt and the venue file's own tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from brokers.ccxt.adapter import CcxtBroker
from brokers.ccxt.desk import Desk
from brokers.ccxt.fields import moment
from brokers.ccxt.judging import Judge
from brokers.ccxt.markets import instrument_of
from brokers.ccxt.paging import dig, rows_in
from brokers.ccxt.parse.executions import execution
from brokers.ccxt.parse.ledger import activity
from brokers.ccxt.parse.orders import OrderWords, order_report
from brokers.ccxt.parse.positions import position
from brokers.ccxt.reading import report_of
from brokers.ccxt.venue import Ledger
from brokers.credentials import Credential
from brokers.http.answers import Answer
from brokers.http.body import read_json
from brokers.http.fields import Row
from tieout.accounts import Account, Mode
from tieout.errors import BrokerError
from tieout.ids import AccountId
from tieout.money import exact
from tieout.orders import OrderReport
from tieout.records import Activity, Execution
from tieout.settings import AccountSettings
from tieout.snapshots import Position

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANY = ("spot", "swap", "future", "option")
PEM = "-----BEGIN EC PRIVATE KEY-----\\nMHcCAQEEIE\\n-----END EC PRIVATE KEY-----"  # pragma: allowlist secret


def content(file: Path) -> Any:
    """What the file writes, as the adapter reads it from the wire."""
    return read_json(file.read_bytes(), fraction=str)


def market(symbol: str, name: str, *, size: str = "1", step: str = "0.00000001", tick: str = "0.01") -> dict[str, Any]:
    """A market of ccxt's, from its symbol and the venue's id."""
    pair, _, rest = symbol.partition(":")
    base, _, quote = pair.partition("/")
    settle, *parts = rest.split("-") if rest else [""]
    kind = {0: "swap", 1: "future", 3: "option"}[len(parts)] if rest else "spot"
    found: dict[str, Any] = {
        "id": name,
        "symbol": symbol,
        "base": base,
        "quote": quote,
        "baseId": base,
        "quoteId": quote,
        "settle": settle or None,
        "settleId": settle or None,
        "type": kind,
        **{one: one == kind for one in ANY},
        "contract": kind != "spot",
        "linear": kind != "spot" and settle == quote,
        "inverse": kind != "spot" and settle == base,
        "contractSize": size if kind != "spot" else None,
        "active": True,
        "precision": {"amount": step, "price": tick},
        "limits": {},
        "info": {},
    }
    if parts:
        expires = datetime.strptime(parts[0], "%y%m%d").replace(tzinfo=UTC)
        found["expiry"] = int(expires.timestamp() * 1000)
    if kind == "option":
        found |= {"strike": parts[1], "optionType": "call" if parts[2] == "C" else "put"}
    return found


def desk_of(venue: str, *markets: dict[str, Any], options: Mapping[str, str] | None = None) -> Desk:
    """A desk whose markets are these."""
    secret = PEM if venue == "coinbase" else "dGVzdC1zZWNyZXQ="
    account = Account(AccountId("recorded"), venue, Mode.PAPER, "USD", "24/7")
    settings = AccountSettings(account, endpoint="http://127.0.0.1:1", options=dict(options or {}))
    broker = CcxtBroker(settings, Credential("PKTEST", secret, {"passphrase": "test-passphrase"}), lambda: NOW)
    desk = broker._desk
    desk.exchange.set_markets([desk.exchange.safe_market_structure(one) for one in markets])
    return desk


def rows(found: Any, path: str = "", *, keyed: bool = False) -> list[Row]:
    """The rows of an answer; of a file that holds one row alone, that row."""
    if not path and isinstance(found, dict) and not keyed:
        found = [found]
    return rows_in(found, path, "recorded", keyed=keyed)


def orders(desk: Desk, found: list[Row], kinds: tuple[str, ...] = ANY) -> list[tuple[Any, ...]]:
    """What the orders say, shortly."""
    return [said_of(report_of(desk, kinds, row)) for row in found]


def said_of(one: OrderReport) -> tuple[Any, ...]:
    return (
        one.broker_order_id,
        one.client_order_id,
        str(one.state),
        one.instrument.symbol if one.instrument else None,
        None if one.side is None else str(one.side),
        plain(one.quantity),
        plain(one.filled_quantity),
        plain(one.average_fill_price),
        None if one.order_type is None else str(one.order_type),
        plain(one.limit_price),
        plain(one.stop_price),
        one.venue_status,
        when(one.submitted_at),
    )


def trades(desk: Desk, found: list[Row], kinds: tuple[str, ...] = ANY) -> list[tuple[Any, ...]]:
    """What the trades say, shortly; rows that are none of ours are left out as the adapter leaves them out."""
    own = [row for row in found if desk.venue.own_row(row.values)]
    read = [desk.record(row, kinds, "parse_trade") for row in own]
    return [traded(execution(record, of, desk.venue.trade_words)) for record, of in read]


def traded(one: Execution) -> tuple[Any, ...]:
    return (
        one.execution_id,
        one.instrument.symbol,
        str(one.side),
        plain(one.quantity),
        plain(one.price),
        plain(one.fee),
        one.fee_currency,
        one.client_order_id,
        one.broker_order_id,
        when(one.executed_at),
    )


def positions(desk: Desk, found: list[Row], kinds: tuple[str, ...] = ANY) -> list[tuple[Any, ...]]:
    """What the positions say, shortly; flat ones are left out."""
    told = [Row(desk.venue.told(desk, row.values), row.where) for row in found]
    read = [position(row, desk.market(row, kinds), desk.venue.position_words) for row in told]
    return [held(one) for one in read if one is not None]


def held(one: Position) -> tuple[Any, ...]:
    return (
        one.instrument.symbol,
        plain(one.quantity),
        plain(one.avg_entry_price),
        plain(one.market_price),
        plain(one.unrealized_pnl),
        one.side,
    )


def wallets(desk: Desk, answers: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What the wallets hold, where each endpoint answers with this content."""
    desk.call = lambda method, query=None: answers[method]  # type: ignore[method-assign]
    return [
        (name, one.coin, plain(one.total), plain(one.borrowed), plain(one.free))
        for name, lines in desk.venue.wallets(desk)
        for one in lines
    ]


def activities(desk: Desk, ledger: Ledger, found: list[Row]) -> list[tuple[Any, ...]]:
    """What the rows of a ledger say, shortly; what the executions bring is left out."""
    single = found if ledger.expand is None else [one for row in found for one in ledger.expand(row)]
    read = [activity(row, ledger.words, desk.coin, desk.contract) for row in single]
    return [happened(one) for one in read if one is not None]


def happened(one: Activity) -> tuple[Any, ...]:
    return (
        one.activity_id,
        str(one.kind),
        one.instrument.symbol if one.instrument else None,
        plain(one.quantity),
        plain(one.amount),
        one.currency,
        one.venue_kind,
        when(one.occurred_at),
    )


def contract(desk: Desk, symbol: str) -> tuple[Any, ...]:
    """What the venue says of a market, shortly: its steps in units."""
    found = desk.exchange.markets[symbol]
    one = desk.markets.contract(instrument_of(found))
    return (
        one.instrument.symbol,
        str(one.instrument.asset_class),
        plain(one.lot),
        plain(one.tick),
        plain(one.min_notional),
        one.tradable,
    )


def streamed(desk: Desk, record: Mapping[str, Any], symbol: str, words: OrderWords | None = None) -> tuple[Any, ...]:
    """What an order update says, shortly."""
    return said_of(order_report(record, desk.exchange.markets[symbol], words or desk.venue.stream_words))


def told(desk: Desk, body: Any, status: int = 200) -> tuple[str, str | None]:
    """The leaf that a body means to an order, and the venue's code."""
    error = refusal(desk, body, status)
    return ("none", None) if error is None else (type(error).__name__, error.code)


def lines(found: list[Row], coin: str, *amounts: str) -> list[tuple[str, str | None]]:
    """What rows of wallets say that the adapter reads elsewhere: a coin and the sum of its amounts."""
    return [(row.text(coin), plain(sum((row.number(one) for one in amounts), Decimal(0)))) for row in found]


def sizes(found: list[Row], *names: str) -> list[tuple[str, ...]]:
    """Fields of rows that the adapter reads elsewhere, as they are written."""
    return [tuple(str(row.values[name]) for name in names) for row in found]


def algo_orders(desk: Desk, found: list[Row], number: str, client: str, state: str) -> list[tuple[Any, ...]]:
    """Orders of a book of their own, which the adapter refuses to send: that none of them is taken for an order."""
    return [(str(row.values[number]), str(row.values[client]), str(row.values[state])) for row in found]


def fiat(found: list[Row]) -> list[tuple[Any, ...]]:
    """Money through the venue's cashier, which the account's wallets show as a balance."""
    return [
        (
            row.text("orderNo"),
            row.text("fiatCurrency"),
            plain(row.number("amount")),
            plain(row.number("totalFee")),
            row.text("status"),
        )
        for row in found
    ]


def pro(desk: Desk) -> Any:
    """ccxt.pro's exchange with the desk's markets, for its readers of frames."""
    name = desk.venue.name
    exchange = getattr(import_module(f"ccxt.pro.{name}"), name)({"number": str})
    exchange.set_markets(list(desk.exchange.markets.values()))
    return exchange


def refusal(desk: Desk, body: Any, status: int = 200, *, tells: bool = True) -> BrokerError | None:
    """The leaf that a body means."""
    judge = Judge(desk.venue.broker, desk.venue.rules, desk.venue.said, desk.venue.wait_s)
    return judge.of_answer(Answer(status, {}, b""), body, lambda: None, NOW, tells=tells)


def fees(found: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Maker and taker as ccxt reads them: the account's own rates."""
    return plain(Decimal(str(found["maker"]))), plain(Decimal(str(found["taker"])))


def plain(number: Decimal | None) -> str | None:
    """Digits without exponent and trailing zeros."""
    if number is None:
        return None
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def when(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def clock(value: object, per_second: int = 1000) -> str | None:
    """A venue's time."""
    return when(moment(value, "clock", per_second))


def signed(text: str, sign: int) -> str | None:
    """A number of the venue's with another sign."""
    return plain(sign * exact(text, "amount"))


def at(found: Any, path: str) -> Any:
    """What dots lead to inside an answer."""
    return dig(found, path)
