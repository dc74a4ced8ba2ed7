"""Binance's streams of orders: spot over the websocket API, futures over a listen key.

Sources: "User Data Stream" of the venue's spot and USDⓈ-M documentation. A spot subscription is signed like a request,
over its parameters in the order of the alphabet; the futures' key is got by REST and stands in the path.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from simulator.account import SimulatedAccount
from simulator.key_ring import VenueKey
from simulator.protocols.binance.rows import kind_of, state_of, until_of
from simulator.protocols.binance.usdm_rows import leg_name, lots, order_row
from simulator.protocols.coins.face import is_same, signed
from simulator.protocols.coins.ledger import made
from simulator.protocols.coins.numbers import numbers_of
from simulator.protocols.coins.orders import coin_order, shown_id
from simulator.protocols.coins.rows import Row, digits, milliseconds
from simulator.protocols.coins.rules import CoinMarkets
from simulator.protocols.coins.state import is_maker, realised, wallet
from simulator.protocols.streaming import Conversation, Streams
from simulator.protocols.websocket import Hangup, Websocket
from simulator.protocols.wire import FaceRequest, to_json
from simulator.updates import Change, Update
from simulator.venue import SimulatedVenue
from tieout.money import ZERO
from tieout.records import Execution

SPOT_PATH = "/ws-api/v3"
_WINDOW_MS = 5_000
_LISTEN_KEY_MS = 60 * 60 * 1000
_TOLD = {
    Change.NEW: "NEW",
    Change.PARTIAL_FILL: "TRADE",
    Change.FILL: "TRADE",
    Change.CANCELLED: "CANCELED",
    Change.EXPIRED: "EXPIRED",
    Change.REJECTED: "REJECTED",
    Change.AMENDED: "REPLACED",
    Change.REPLACED: "CANCELED",
}


class BinanceStreams(Streams):
    """The streams of one face.

    time_ms        what the venue says the time is
    listen_keys    key of the path to the account of the futures wallet
    ends_ms        when each of them lapses, unless its owner asks for more time
    terminated     how often the venue ended every subscription to spot orders
    """

    def __init__(self, venue: SimulatedVenue, markets: CoinMarkets, time_ms: Callable[[], int]) -> None:
        super().__init__(venue)
        self.markets = markets
        self.time_ms = time_ms
        self.listen_keys: dict[str, SimulatedAccount] = {}
        self.ends_ms: dict[str, int] = {}
        self.terminated = 0

    def open_key(self, name: str, account: SimulatedAccount) -> None:
        """A listen key, good for an hour from now."""
        self.listen_keys[name] = account
        self.ends_ms[name] = self.time_ms() + _LISTEN_KEY_MS

    def is_good(self, name: str) -> bool:
        """Whether a listen key is known and has not lapsed."""
        return name in self.listen_keys and self.time_ms() < self.ends_ms[name]

    def end_all(self) -> None:
        """End every subscription: listen keys lapse, and the venue terminates the streams of spot orders."""
        self.ends_ms = dict.fromkeys(self.ends_ms, 0)
        self.terminated += 1

    def begun(self, request: FaceRequest, connection: socket.socket) -> Conversation | None:
        if request.path == SPOT_PATH:
            return _SpotConversation(self, Websocket(request, connection))
        name = request.query.get("listenKey") or request.path.rpartition("/ws/")[2]
        if not self.is_good(name):
            return None
        return _FuturesConversation(self, Websocket(request, connection), self.listen_keys[name], name)


class _SpotConversation(Conversation):
    _streams: BinanceStreams
    _since = 0

    def hear(self, message: bytes) -> None:
        try:
            asked = json.loads(message)
            method, params = asked["method"], asked.get("params") or {}
        except (ValueError, TypeError, KeyError):
            raise Hangup from None
        if method != "userDataStream.subscribe.signature":
            self._say(asked.get("id"), 400, error={"code": -1020, "msg": "This operation is not supported."})
            return
        key, refusal = self._signer(params)
        if key is None:
            self._say(asked.get("id"), 400, error=refusal)
            return
        self.account = key.account
        self._since = self._streams.terminated
        self.listen()
        self._say(asked.get("id"), 200, result={"subscriptionId": 0})

    def frames(self, update: Update) -> Iterator[bytes]:
        if self.account is None or update.change not in _TOLD or update.report.instrument is None:
            return
        if update.report.instrument.is_margined:
            return
        events = [_execution_report(self.account, self._streams.markets, update)]
        if update.execution is not None:
            events.append(_wallets(self.account, update))
        for event in events:
            yield to_json({"subscriptionId": 0, "event": event})

    def _fresh(self) -> Iterator[bytes]:
        if self.account is not None and self._streams.terminated != self._since:
            self.account = None
            event = {"e": "eventStreamTerminated", "E": self._streams.time_ms()}
            yield to_json({"subscriptionId": 0, "event": event})
        yield from super()._fresh()

    def _signer(self, params: Mapping[str, object]) -> tuple[VenueKey | None, Row]:
        with self._venue.lock:
            key = self._venue.keys.by_id(str(params.get("apiKey", "")))
        if key is None:
            return None, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
        stamp = str(params.get("timestamp", ""))
        window = int(str(params.get("recvWindow") or _WINDOW_MS))
        if not stamp.isdecimal() or abs(self._streams.time_ms() - int(stamp)) > window:
            return None, {"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow."}
        text = "&".join(f"{one}={quote(str(params[one]))}" for one in sorted(params) if one != "signature")
        if not is_same(signed(key.secret, text).hex(), str(params.get("signature", ""))):
            return None, {"code": -1022, "msg": "Signature for this request is not valid."}
        return key, {}

    def _say(self, number: object, status: int, **more: object) -> None:
        self.write(to_json({"id": number, "status": status, **more, "rateLimits": []}))


class _FuturesConversation(Conversation):
    _streams: BinanceStreams

    def __init__(self, streams: BinanceStreams, websocket: Websocket, account: SimulatedAccount, key: str) -> None:
        super().__init__(streams, websocket)
        self.account = account
        self._key = key
        self.listen()

    def _fresh(self) -> Iterator[bytes]:
        """Once its key has lapsed the stream says so, and nothing any more; it stays open."""
        if self.account is not None and not self._streams.is_good(self._key):
            self.account = None
            yield to_json({"e": "listenKeyExpired", "E": self._streams.time_ms(), "listenKey": self._key})
        yield from super()._fresh()

    def hear(self, message: bytes) -> None:
        """Only subscriptions to what is told anyway."""
        try:
            number = json.loads(message).get("id")
        except (ValueError, AttributeError):
            raise Hangup from None
        self.write(to_json({"result": None, "id": number}))

    def frames(self, update: Update) -> Iterator[bytes]:
        if self.account is None or update.change not in _TOLD or update.report.instrument is None:
            return
        if update.report.instrument.is_margined:
            yield to_json(_order_trade_update(self.account, self._streams.markets, update))


def _execution_report(account: SimulatedAccount, markets: CoinMarkets, update: Update) -> Row:
    order, report, trade = coin_order(update.working), update.report, update.execution
    cancelled = update.change in (Change.CANCELLED, Change.REPLACED)
    at, link = milliseconds(update.at), shown_id(order.client_order_id)
    filled = sum((one.quantity * one.price for one in _so_far(account, update)), ZERO)
    return {
        "e": "executionReport",
        "E": at,
        "s": markets.behind(order.instrument).symbol,
        "c": f"cancel-{update.working.broker_order_id[:8]}" if cancelled else link,
        "S": order.side.value.upper(),
        "o": kind_of(order),
        "f": until_of(order),
        "q": digits(order.quantity),
        "p": digits(order.limit_price),
        "P": digits(order.stop_price),
        "F": digits(ZERO),
        "g": -1,
        "C": link if cancelled else "",
        "x": _kind(update),
        "X": _state(update),
        "r": "NONE",
        "i": numbers_of(account).order(update.working.broker_order_id),
        "l": digits(trade.quantity if trade else ZERO),
        "z": digits(report.filled_quantity),
        "L": digits(trade.price if trade else ZERO),
        "n": digits(trade.fee) if trade else "0",
        "N": trade.fee_currency if trade else None,
        "T": at,
        "t": _number(account, update),
        "I": at,
        "w": report.state.is_live,
        "m": is_maker(account, trade) if trade else False,
        "M": False,
        "O": milliseconds(update.working.submitted_at),
        "Z": digits(filled),
        "Y": digits(trade.quantity * trade.price if trade else ZERO),
        "Q": digits(order.spends),
        "W": milliseconds(update.working.submitted_at),
        "V": "NONE",
    }


def _wallets(account: SimulatedAccount, update: Update) -> Row:
    """What the wallets of a trade hold now."""
    trade, at = update.execution, milliseconds(update.at)
    coins: list[str] = []
    if trade is not None:
        coins = sorted({trade.instrument.underlying or "", trade.instrument.currency, trade.fee_currency})
    rows = []
    for coin in coins:
        one = wallet(account, coin)
        rows.append({"a": coin, "f": digits(one.total - one.locked), "l": digits(one.locked)})
    return {"e": "outboundAccountPosition", "E": at, "u": at, "B": rows}


def _order_trade_update(account: SimulatedAccount, markets: CoinMarkets, update: Update) -> Row:
    order, trade, at = coin_order(update.working), update.execution, milliseconds(update.at)
    market = markets.behind(order.instrument)
    row = order_row(numbers_of(account).order(update.working.broker_order_id), update.working, market)
    return {
        "e": "ORDER_TRADE_UPDATE",
        "E": at,
        "T": at,
        "o": {
            "s": market.symbol,
            "c": row["clientOrderId"],
            "S": row["side"],
            "o": row["type"],
            "f": row["timeInForce"],
            "q": row["origQty"],
            "p": row["price"],
            "ap": digits(update.report.average_fill_price, 5),
            "sp": row["stopPrice"],
            "x": "AMENDMENT" if update.change is Change.AMENDED else _kind(update),
            "X": _state(update),
            "i": row["orderId"],
            "l": lots(trade.quantity if trade else ZERO, market),
            "z": lots(update.report.filled_quantity, market),
            "L": digits(trade.price if trade else ZERO, 2),
            "N": trade.fee_currency if trade else market.settle,
            "n": digits(trade.fee if trade else ZERO),
            "T": at,
            "t": max(_number(account, update), 0),
            "b": "0",
            "a": "0",
            "m": is_maker(account, trade) if trade else False,
            "R": order.reduce_only,
            "wt": "CONTRACT_PRICE",
            "ot": row["type"],
            "ps": leg_name(order.instrument),
            "cp": False,
            "AP": "0",
            "cr": "0",
            "pP": False,
            "si": 0,
            "ss": 0,
            "rp": digits(realised(account, trade) if trade else ZERO),
            "V": "EXPIRE_TAKER",
            "pm": "NONE",
            "gtd": 0,
        },
    }


def _kind(update: Update) -> str:
    """What happened; an order that the venue ended itself has expired."""
    if update.change is Change.CANCELLED and state_of(update.working) == "EXPIRED":
        return "EXPIRED"
    return _TOLD[update.change]


def _state(update: Update) -> str:
    """The order's state just after it, which may not be its state now."""
    if update.change is Change.NEW:
        return "NEW"
    if update.change is Change.AMENDED:
        return "PARTIALLY_FILLED" if update.report.filled_quantity else "NEW"
    if update.execution is not None:
        return "FILLED" if update.change is Change.FILL else "PARTIALLY_FILLED"
    return state_of(update.working)


def _so_far(account: SimulatedAccount, update: Update) -> list[Execution]:
    """The order's trades up to and with this one."""
    trades = [one for _, one in made(account) if one.broker_order_id == update.working.broker_order_id]
    if update.execution is None:
        return [one for one in trades if one.executed_at <= update.at]
    places = [one.execution_id for one in trades]
    return trades[: places.index(update.execution.execution_id) + 1]


def _number(account: SimulatedAccount, update: Update) -> int:
    """The trade's number; −1 where it was none."""
    if update.execution is None:
        return -1
    return next(number for number, one in made(account) if one.execution_id == update.execution.execution_id)
