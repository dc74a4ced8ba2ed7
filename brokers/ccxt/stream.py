"""Order updates through ccxt.pro, in a thread with its own loop, as reports that the caller takes when it likes.

The stream is a hint. ccxt reconnects by itself and says nothing of it, so a connection is used once here: when it ends,
for whatever reason, what came before is handed out, and then the caller is told that changes may have been missed. An
account with several wallets may have a connection for each: the end of one is the end of all.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from brokers.ccxt.desk import Desk
from brokers.ccxt.hearing import failures, file_of, told
from brokers.ccxt.parse.orders import order_report
from brokers.ccxt.setup import config_of
from brokers.ccxt.venue import StreamWord
from brokers.credentials import Credential
from brokers.http.errors import unreadable
from brokers.http.fields import Row
from tieout.accounts import Mode
from tieout.errors import BrokerError, Malformed, Unauthorised, Unavailable
from tieout.orders import OrderReport
from tieout.redact import redact_text
from tieout.settings import AccountSettings

_MOST_WAITING = 10_000
_GOODBYE_S = 3.0
KEEP_EVERY_S = 25 * 60.0
_SETTLES_S = 0.05  # a subscription that nobody confirms leaves with the turn of the loop after the connection
_REFUSED = frozenset({"AuthenticationError", "PermissionDenied"})
_KEPT = 4_000  # characters of a frame that could not be read


class OrderStream:
    """One connection to each of the venue's streams of orders, from `open` to its end."""

    def __init__(self, desk: Desk, settings: AccountSettings, credential: Credential, endpoint: str | None) -> None:
        self._desk = desk
        self._config = config_of(settings, desk.venue, credential)
        self._credential = credential
        self._sandbox = endpoint is None and settings.account.mode is Mode.PAPER
        self._endpoint = endpoint
        self._waiting: queue.Queue[OrderReport | BrokerError] = queue.Queue(_MOST_WAITING)
        self._connected = threading.Event()
        self._failure: BrokerError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._streams = desk.venue.streams(desk)
        self._leaving = False
        self._confirmed = 0
        self._changes = 0
        self._thread = threading.Thread(target=self._run, name=f"{desk.venue.broker}-orders", daemon=True)

    def open(self, within_s: float) -> None:
        """Connect and listen. Raises Unauthorised, Unavailable."""
        self._thread.start()
        if not self._connected.wait(within_s) or self._failure is not None:
            self.close()
            raise self._failure or Unavailable(self._desk.venue.broker, "the stream of orders did not answer in time")

    def take(self, wait_s: float) -> Iterator[OrderReport]:
        """What came since. Raises what ended the stream, after the reports before it."""
        while True:
            try:
                found = self._waiting.get(timeout=wait_s) if wait_s > 0 else self._waiting.get_nowait()
            except queue.Empty:
                if self._failure is not None and self._waiting.empty():
                    raise self._failure from None
                return
            wait_s = 0
            if isinstance(found, BrokerError):
                raise found
            yield found

    def close(self) -> None:
        """End the connection and the thread."""
        if self._loop is not None and not self._loop.is_closed():
            with suppress(RuntimeError):  # the loop ended meanwhile
                self._loop.call_soon_threadsafe(self._leave)
        if self._thread.is_alive():
            self._thread.join(_GOODBYE_S)

    # What ccxt tells, in the thread: see `hearing.Listener`

    def changed(self, record: Mapping[str, Any]) -> None:
        """Into the queue, as our report."""
        where, kinds = "order update", self._desk.venue.stream_kinds(record.get("info") or {})
        if kinds:
            record, market = self._desk.record(Row(record["info"], where), kinds, "parse_order")
        else:
            market = self._desk.markets.named(record.get("symbol"), where)
        self._changes += 1
        self._hand_out(order_report(record, market, self._desk.venue.stream_words))

    def heard(self, frame: object) -> None:
        """Whether all of it came out, and whether the venue says that it will tell, or no more."""
        word, meant = self._desk.venue.stream_says(frame)
        came, self._changes = self._changes, 0
        if word is StreamWord.OVER:
            self.ended("the venue ended it")
        elif word is StreamWord.LISTENING:
            self._confirmed += 1
        elif came < meant:
            raise Malformed(f"a frame tells of {meant} orders, {came} could be read")

    def ended(self, why: Exception | str, frame: str = "") -> None:
        """Told to the caller after what came before; the first reason counts."""
        if self._leaving or self._failure is not None:
            return
        self._end(self._named(why, frame))
        self._leave()

    # For the thread

    def _leave(self) -> None:
        """Stop listening, unless the goodbye is under way."""
        if self._task is not None and not self._leaving:
            self._task.cancel()

    def _unawaited(self, _loop: object, context: dict[str, Any]) -> None:
        """What was raised where nobody waits. ccxt leaves refusals lying about, and those were told as they came."""
        error = context.get("exception")
        if "future" not in context and isinstance(error, Exception):
            self.ended(error)

    def _run(self) -> None:
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._loop.set_exception_handler(self._unawaited)
        exchange: Any = None
        watched: list[asyncio.Future[None]] = []
        try:
            exchange = self._exchange()
            watched = [asyncio.ensure_future(_watch(exchange, one.params)) for one in self._streams]
            await self._until_connected(exchange, watched)
            self._connected.set()
            watched += [
                asyncio.ensure_future(self._keep(exchange, one.kept_by)) for one in self._streams if one.kept_by
            ]
            await asyncio.gather(*watched)
        except asyncio.CancelledError:
            pass
        except failures() as error:
            self._end(self._named(error))
        finally:
            self._leaving = True
            self._connected.set()
            await _stopped(watched)
            if exchange is not None:
                await exchange.close()

    async def _keep(self, exchange: Any, method: str) -> None:
        """Keep a stream alive that lapses after an hour. ccxt does so once, and never again.

        raises   Unavailable: a stream that is gone says nothing of our key, the next one will
        """
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            try:
                await getattr(exchange, method)({})
            except failures() as error:
                words = (
                    f"the stream of orders cannot be kept alive ({type(error).__name__}): changes may have been missed"
                )
                raise Unavailable(self._desk.venue.broker, words) from None

    async def _until_connected(self, exchange: Any, watched: list[asyncio.Future[None]]) -> None:
        """Until each stream is connected and the venue knows what it listens for: what comes after is not missed."""
        confirmed = sum(one.confirmed for one in self._streams)
        while not any(one.done() for one in watched):
            clients = [one for one in exchange.clients.values() if one.connected.done() and one.subscriptions]
            if len(clients) >= len({one.wire for one in self._streams}) and self._confirmed >= confirmed:
                if confirmed < len(self._streams):
                    await asyncio.sleep(_SETTLES_S)
                return
            await asyncio.sleep(0.01)
        await asyncio.gather(*watched)

    def _exchange(self) -> Any:
        """ccxt.pro's exchange, with the markets that are known already."""
        venue = self._desk.venue
        kind = getattr(import_module(f"ccxt.pro.{venue.name}"), venue.name)
        exchange = told(kind, self)(self._config)
        if self._sandbox:
            venue.rehearse(exchange, self._desk.products)
        if self._endpoint is not None:
            exchange.urls = replaced(exchange.urls, self._endpoint)
        exchange.newUpdates = True  # otherwise each look copies all that came so far
        exchange.orders = file_of(self)
        exchange.set_markets(list(self._desk.exchange.markets.values()), self._desk.exchange.currencies)
        return exchange

    def _hand_out(self, found: OrderReport) -> None:
        try:
            self._waiting.put_nowait(found)
        except queue.Full:
            raise Unavailable(self._desk.venue.broker, f"{_MOST_WAITING} updates wait: changes were missed") from None

    def _end(self, failure: BrokerError) -> None:
        self._failure = failure
        with suppress(queue.Full):  # then the caller finds the reports first, and the failure after them
            self._waiting.put_nowait(failure)

    def _named(self, why: Exception | str, frame: str = "") -> BrokerError:
        if isinstance(why, BrokerError):
            return why
        broker, name = self._desk.venue.broker, why if isinstance(why, str) else type(why).__name__
        if name in _REFUSED:
            return Unauthorised(broker, "the stream refused the key")
        if frame:
            words = f"an unreadable frame in the stream of orders ({name}): changes may have been missed"
            return unreadable(broker, words, redact_text(self._credential.scrub(frame))[:_KEPT])
        return Unavailable(broker, f"the stream of orders ended ({name}): changes may have been missed")


async def _watch(exchange: Any, params: Mapping[str, object]) -> None:
    """Keeps a subscription awaited; what it brings was told already."""
    while True:
        await exchange.watch_orders(None, None, None, dict(params))


async def _stopped(watched: list[asyncio.Future[None]]) -> None:
    for one in watched:
        one.cancel()
    await asyncio.gather(*watched, return_exceptions=True)


def replaced(urls: Any, endpoint: str) -> Any:
    """Every URL with another scheme and host, recursively; a websocket stays one."""
    if isinstance(urls, dict):
        return {name: replaced(one, endpoint) for name, one in urls.items()}
    if not isinstance(urls, str) or "://" not in urls:
        return urls
    parts = urlsplit(urls)
    base = endpoint.replace("http", "ws", 1) if parts.scheme.startswith("ws") else endpoint
    return base + urls[len(f"{parts.scheme}://{parts.netloc}") :]
