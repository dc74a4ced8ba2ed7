"""Order updates through ccxt.pro, in a thread with its own loop, as reports that the caller takes when it likes.

The stream is a hint. ccxt reconnects by itself and says nothing of it, so a connection is used once here: when it ends,
for whatever reason, what came before is handed out, and then the caller is told that changes may have been missed.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from brokers.ccxt.desk import Desk
from brokers.ccxt.parse.orders import order_report
from brokers.ccxt.setup import config_of
from brokers.credentials import Credential
from tieout.accounts import Mode
from tieout.errors import BrokerError, Malformed, Unauthorised, Unavailable
from tieout.orders import OrderReport
from tieout.settings import AccountSettings

_MOST_WAITING = 10_000
_GOODBYE_S = 3.0
_REFUSED = frozenset({"AuthenticationError", "PermissionDenied"})


class OrderStream:
    """One connection, from `open` to its end."""

    def __init__(self, desk: Desk, settings: AccountSettings, credential: Credential, endpoint: str | None) -> None:
        self._desk = desk
        self._config = config_of(settings, desk.venue, credential)
        self._sandbox = endpoint is None and settings.account.mode is Mode.PAPER
        self._endpoint = endpoint
        self._waiting: queue.Queue[OrderReport | BrokerError] = queue.Queue(_MOST_WAITING)
        self._connected = threading.Event()
        self._failure: BrokerError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
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
                return
            wait_s = 0
            if isinstance(found, BrokerError):
                raise found
            yield found

    def close(self) -> None:
        """End the connection and the thread."""
        loop, task = self._loop, self._task
        if loop is not None and task is not None and not loop.is_closed():
            with suppress(RuntimeError):  # the loop ended meanwhile
                loop.call_soon_threadsafe(task.cancel)
        if self._thread.is_alive():
            self._thread.join(_GOODBYE_S)

    # For the thread

    def _run(self) -> None:
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        exchange: Any = None
        try:
            exchange = self._exchange()
            watched = asyncio.ensure_future(self._watch(exchange))
            await self._until_connected(exchange, watched)
            self._connected.set()
            await watched
        except asyncio.CancelledError:
            pass
        except _failures() as error:
            self._end(self._named(error))
        finally:
            self._connected.set()
            if exchange is not None:
                await exchange.close()

    async def _watch(self, exchange: Any) -> None:
        venue = self._desk.venue
        while True:
            for record in await exchange.watch_orders(None, None, None, dict(venue.stream_params(self._desk))):
                market = self._desk.markets.named(record.get("symbol"), "order update")
                self._hand_out(order_report(record, market, venue.stream_words))

    async def _until_connected(self, exchange: Any, watched: asyncio.Future[None]) -> None:
        """Until a client has its connection and has said for what it listens: what comes after it is not missed."""
        while not watched.done():
            clients = list(exchange.clients.values())
            if any(client.connected.done() and client.subscriptions for client in clients):
                await asyncio.sleep(0.05)  # the subscription leaves with the turn of the loop after the connection
                return
            await asyncio.sleep(0.01)
        watched.result()

    def _exchange(self) -> Any:
        """ccxt.pro's exchange, with the markets that are known already."""
        venue = self._desk.venue
        exchange = getattr(import_module(f"ccxt.pro.{venue.name}"), venue.name)(self._config)
        if self._sandbox:
            venue.rehearse(exchange, self._desk.products)
        if self._endpoint is not None:
            exchange.urls = _replaced(exchange.urls, self._endpoint)
        exchange.newUpdates = True  # each change once, and not all that came so far
        exchange.set_markets(list(self._desk.exchange.markets.values()), self._desk.exchange.currencies)
        return exchange

    def _hand_out(self, found: OrderReport) -> None:
        try:
            self._waiting.put_nowait(found)
        except queue.Full:
            raise Unavailable(self._desk.venue.broker, f"{_MOST_WAITING} updates wait: changes were missed") from None

    def _end(self, failure: BrokerError) -> None:
        self._failure = failure
        with suppress(queue.Full):  # then the caller finds the reports first, and asks again
            self._waiting.put_nowait(failure)

    def _named(self, error: Exception) -> BrokerError:
        if isinstance(error, BrokerError):
            return error
        broker, name = self._desk.venue.broker, type(error).__name__
        if name in _REFUSED:
            return Unauthorised(broker, "the stream refused the key")
        return Unavailable(broker, f"the stream of orders ended ({name}): changes may have been missed")


def _failures() -> tuple[type[Exception], ...]:
    """What may end a stream."""
    import aiohttp
    from ccxt.base.errors import BaseError

    readers = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, Malformed)
    return (BaseError, BrokerError, aiohttp.ClientError, OSError, TimeoutError, *readers)


def _replaced(urls: Any, endpoint: str) -> Any:
    """Every URL with another scheme and host, recursively; a websocket stays one."""
    if isinstance(urls, dict):
        return {name: _replaced(one, endpoint) for name, one in urls.items()}
    if not isinstance(urls, str) or "://" not in urls:
        return urls
    parts = urlsplit(urls)
    base = endpoint.replace("http", "ws", 1) if parts.scheme.startswith("ws") else endpoint
    return base + urls[len(f"{parts.scheme}://{parts.netloc}") :]
