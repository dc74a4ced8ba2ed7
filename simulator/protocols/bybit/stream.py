"""Bybit's private stream: prove who you are, subscribe to topics, be told of orders, executions, positions and wallets.

Source: "WebSocket Private" of the venue's v5 documentation.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace

from simulator.account import SimulatedAccount
from simulator.ids import venue_uuid
from simulator.orders import WorkingOrder
from simulator.protocols.bybit.rows import category_of, execution_row, order_row, position_row
from simulator.protocols.coins.face import is_same, signed
from simulator.protocols.coins.ledger import events
from simulator.protocols.coins.rows import Row, milliseconds, trimmed
from simulator.protocols.coins.rules import CoinMarkets
from simulator.protocols.coins.state import positions, wallet
from simulator.protocols.streaming import Conversation, Streams
from simulator.protocols.websocket import Hangup, Websocket
from simulator.protocols.wire import FaceRequest, to_json
from simulator.updates import Change, Update
from simulator.venue import SimulatedVenue
from tieout.hedge import whole
from tieout.records import Execution

PATH = "/v5/private"
_TOPICS = frozenset({"order", "execution", "position", "wallet"})
_TOTALS = [
    "totalEquity",
    "totalWalletBalance",
    "totalMarginBalance",
    "totalAvailableBalance",
    "totalPerpUPL",
    "totalPerpUpl",
    "totalInitialMargin",
    "totalMaintenanceMargin",
    "accountIMRate",
    "accountMMRate",
    "accountLTV",
]
_CONNECTION = "cejreaspqfm9se7usbrg-2xh"


class BybitStreams(Streams):
    """The streams of one face. `time_ms` is what the venue says the time is."""

    def __init__(self, venue: SimulatedVenue, markets: CoinMarkets, time_ms: Callable[[], int]) -> None:
        super().__init__(venue)
        self.markets = markets
        self.time_ms = time_ms

    def begun(self, request: FaceRequest, connection: socket.socket) -> Conversation | None:
        return _Conversation(self, Websocket(request, connection)) if request.path == PATH else None


class _Conversation(Conversation):
    _streams: BybitStreams

    def __init__(self, streams: BybitStreams, websocket: Websocket) -> None:
        super().__init__(streams, websocket)
        self._topics: set[str] = set()

    def hear(self, message: bytes) -> None:
        try:
            asked = json.loads(message)
            what, words = asked["op"], asked.get("args") or []
        except (ValueError, TypeError, KeyError):
            raise Hangup from None
        if what == "ping":
            self._say({"op": "pong", "args": [str(self._streams.time_ms())], "req_id": asked.get("req_id", "")})
        elif what == "auth":
            self._authenticate([str(one) for one in words])
        elif what == "subscribe" and self.account is not None:
            self._subscribe(asked, [str(one) for one in words])
        else:
            self._say({"success": False, "ret_msg": "Request not authorized", "op": what, "conn_id": _CONNECTION})

    def frames(self, update: Update) -> Iterator[bytes]:
        if self.account is None or update.report.instrument is None or update.change is Change.PENDING_NEW:
            return
        market = self._streams.markets.behind(update.report.instrument)
        head = {"category": category_of(market)}
        fee = {"feeCurrency": update.execution.fee_currency if update.execution else market.settle}
        rows: list[tuple[str, Row]] = [
            ("order", {**head, **order_row(self.account, _just_after(update), market), **fee})
        ]
        if update.execution is not None:
            trade, account, markets = update.execution, self.account, self._streams.markets
            made = [one for one in events(account) if one.record == trade]
            rows += [("execution", {**head, "isLeverage": "0", **execution_row(account, one, market)}) for one in made]
            rows += [("position", {**head, **row}) for row in _positions(account, markets, trade)]
            rows.append(("wallet", _wallet(account, trade)))
        for topic, row in rows:
            if {topic, f"{topic}.{category_of(market)}"} & self._topics:
                name = venue_uuid(update.working.broker_order_id, topic, update.at)
                yield to_json({"topic": topic, "id": name, "creationTime": milliseconds(update.at), "data": [row]})

    def _authenticate(self, words: list[str]) -> None:
        name, ends, signature = words if len(words) == 3 else ("", "", "")
        with self._venue.lock:
            key = self._venue.keys.by_id(name)
        in_time = ends.isdecimal() and int(ends) > self._streams.time_ms()
        good = key is not None and in_time and is_same(signed(key.secret, f"GET/realtime{ends}").hex(), signature)
        said: Row = {"op": "auth", "success": good, "retCode": 0 if good else 10003}
        self._say(said | {"ret_msg": "" if good else "Invalid apikey", "conn_id": _CONNECTION})
        if not good or key is None:
            raise Hangup
        self.account = key.account

    def _subscribe(self, asked: Row, words: list[str]) -> None:
        known = [one for one in words if one.partition(".")[0] in _TOPICS]
        self._topics |= set(known)
        if self._told is None:
            self.listen()
        good = len(known) == len(words)
        said: Row = {"success": good, "ret_msg": "" if good else "error:handler not found", "op": "subscribe"}
        self._say(said | {"conn_id": _CONNECTION, "req_id": asked.get("req_id", "")})

    def _say(self, said: Row) -> None:
        self.write(to_json(said))


def _just_after(update: Update) -> WorkingOrder:
    """The order as it stood then, which may not be how it stands now."""
    report = update.report
    return replace(update.working, state=report.state, filled_quantity=report.filled_quantity, updated_at=update.at)


def _positions(account: SimulatedAccount, markets: CoinMarkets, trade: Execution) -> Iterator[Row]:
    """Positions of a trade's contract, with the stream's own name for the entry price."""
    for number, one in enumerate(positions(account, markets), start=1):
        if one.market.instrument == whole(trade.instrument):
            row = position_row(one, number)
            yield row | {"entryPrice": row["avgPrice"]}


def _wallet(account: SimulatedAccount, trade: Execution) -> Row:
    """The wallets that a trade moved; the account's totals are left at zero."""
    coins = {trade.fee_currency, trade.instrument.profit_currency}
    if not trade.instrument.is_margined:
        coins |= {trade.instrument.underlying or "", trade.instrument.currency}
    rows = []
    for coin in sorted(coins):
        one = wallet(account, coin)
        rows.append(
            {
                **dict.fromkeys(("availableToWithdraw", "availableToBorrow"), ""),
                **dict.fromkeys(("borrowAmount", "spotBorrow", "accruedInterest"), "0"),
                "coin": coin,
                "equity": trimmed(one.equity),
                "walletBalance": trimmed(one.total),
                "locked": trimmed(one.locked),
                "totalOrderIM": trimmed(one.order_margin),
                "totalPositionIM": trimmed(one.margin),
                "totalPositionMM": trimmed(one.margin / 2),
                "unrealisedPnl": trimmed(one.unrealised),
            }
        )
    return {"accountType": "UNIFIED", **dict.fromkeys(_TOTALS, "0"), "coin": rows}
