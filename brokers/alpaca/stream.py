"""Trade updates through alpaca-py's own TradingStream, in a thread, as frames that the caller takes when it likes.

The venue sends nothing again after a reconnect, so the SDK's own reconnect would hide a gap. Here a connection is used
once: when it ends, for whatever reason, the frames that came before are handed out, then the caller is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import queue
import threading
from typing import Any

from alpaca.trading.stream import TradingStream
from websockets.exceptions import WebSocketException

from brokers.alpaca.refusals import BROKER
from brokers.credentials import Credential
from brokers.http.body import read_json
from tieout.errors import BrokerError, Malformed, Unauthorised, Unavailable

_MOST_WAITING = 10_000  # frames; a caller that has not asked for so long has to look everything up anyway
_GOODBYE_S = 2.0
_END = object()  # wakes a caller that waits for a frame
_QUIET = logging.getLogger("tieout.alpaca.websocket")
_QUIET.setLevel(logging.WARNING)  # at its lowest level the library logs every frame, the one with the key among them
logging.getLogger("alpaca.trading.stream").setLevel(logging.CRITICAL)  # it announces restarts that never happen here
_WEBSOCKET = {
    "logger": _QUIET,
    "ping_interval": 10,
    "ping_timeout": 20,
    "close_timeout": 1,
    "open_timeout": 10,
    "max_queue": 1024,
}


class TradeUpdateStream:
    """One connection, from `open` to its end.

    endpoint   base URL of the trading host, http(s); the stream is beside it
    """

    def __init__(self, credential: Credential, endpoint: str) -> None:
        url = "ws" + endpoint.removeprefix("http") + "/stream"
        self._frames: queue.Queue[object] = queue.Queue(_MOST_WAITING)
        self._listening = threading.Event()
        self._over = threading.Event()
        self._failure: BrokerError | None = None
        self._sdk = _OneConnection(credential, url, self)
        self._thread = threading.Thread(target=self._sdk.run, name="alpaca-trade-updates", daemon=True)

    def open(self, within_s: float) -> None:
        """Connect and listen. Raises Unauthorised, Unavailable."""
        self._thread.start()
        waited = 0.0
        while not self._listening.wait(0.01) and not self._over.is_set() and waited < within_s:
            waited += 0.01
        if not self._listening.is_set():
            self.close()
            raise self._failure or Unavailable(BROKER, "the stream of trade updates did not answer in time")

    def take(self, wait_s: float) -> object | None:
        """The next frame, None where there is none within `wait_s`. Raises what ended the stream, after its frames."""
        try:
            frame = self._frames.get(timeout=wait_s) if wait_s > 0 else self._frames.get_nowait()
        except queue.Empty:
            frame = _END if self._over.is_set() and self._frames.empty() else None
        if frame is _END:
            gap = Unavailable(BROKER, "the stream of trade updates ended: changes may have been missed")
            raise self._failure or gap
        return frame

    def close(self) -> None:
        """End the connection and the thread."""
        self._sdk.hang_up()
        if self._thread.is_alive():
            self._thread.join(_GOODBYE_S)

    # For the thread

    def heard(self, frame: object) -> None:
        """A frame came."""
        try:
            self._frames.put_nowait(frame)
        except queue.Full:
            self.failed(Unavailable(BROKER, f"{_MOST_WAITING} trade updates are waiting: changes were missed"))
            self._sdk.hang_up()

    def is_listening(self) -> None:
        """The venue will send from now on."""
        self._listening.set()

    def failed(self, failure: BrokerError) -> None:
        """Why it will end; the first reason counts."""
        self._failure = self._failure or failure

    def ended(self) -> None:
        """Nothing more will come."""
        self._over.set()
        with contextlib.suppress(queue.Full):  # then nobody is waiting for a frame
            self._frames.put_nowait(_END)


class _OneConnection(TradingStream):
    """The SDK's stream without its reconnect, and with raw frames."""

    def __init__(self, credential: Credential, url: str, owner: TradeUpdateStream) -> None:
        super().__init__(
            credential.key_id, credential.secret, raw_data=True, url_override=url, websocket_params=dict(_WEBSOCKET)
        )
        self._owner = owner
        self.subscribe_trade_updates(self._take)

    def run(self) -> None:
        try:
            asyncio.run(self._run_forever())  # type: ignore[no-untyped-call]
        finally:
            self._owner.ended()

    def hang_up(self) -> None:
        """Close from any thread; the SDK's own `stop` would wait for its next look at a queue, five seconds away."""
        self._should_run = False
        loop: Any = self._loop
        if loop is not None and not loop.is_closed():
            coroutine = self.close()
            try:
                asyncio.run_coroutine_threadsafe(coroutine, loop)
            except RuntimeError:  # the loop ended meanwhile
                coroutine.close()

    async def _auth(self) -> None:
        try:
            await super()._auth()  # type: ignore[no-untyped-call]
        except json.JSONDecodeError:
            self._owner.failed(Unavailable(BROKER, "the stream answered the key with something unreadable"))
            raise
        except ValueError:
            self._owner.failed(Unauthorised(BROKER, "the stream refused the key"))
            raise

    async def _consume(self) -> None:
        """As the SDK's; a frame it cannot read ends the connection, for left alone it would only be logged."""
        try:
            await super()._consume()  # type: ignore[no-untyped-call]
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            self._owner.failed(Unavailable(BROKER, f"an unreadable trade update ({type(error).__name__})"))
            raise WebSocketException("unreadable frame") from None

    async def _dispatch(self, msg: Any) -> None:
        if msg.get("stream") == "listening":
            self._owner.is_listening()
        await super()._dispatch(msg)

    async def _take(self, frame: Any) -> None:
        try:
            self._owner.heard(read_json(json.dumps(frame).encode()))
        except Malformed as error:
            raise ValueError(str(error)) from None

    async def _wait_before_reconnect(self, *_: object) -> None:
        """Never: the gap has to be told."""
        self._should_run = False
