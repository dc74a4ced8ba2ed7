"""ccxt.pro's exchange with every frame, every change of an order and every end of a connection told to us.

Left alone, ccxt hides three things of a stream. A frame that it cannot read stops its loop of reading without a word.
Changes of one order that come in one breath are shown as the last of them. And a connection that ends while nobody
waits for an order is replaced by a new one in silence. So a frame is read here, exactly; each change is told as ccxt
files it; and each end is told where it happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

from brokers.http.body import read_json
from tieout.errors import BrokerError, Malformed

_HEARTBEATS = frozenset({"ping", "pong"})  # plain text at some venues
_KEPT = 1_000  # orders that ccxt remembers


class Listener(Protocol):
    """Who is told."""

    def changed(self, record: Mapping[str, Any]) -> None:
        """A change of an order, as ccxt reads it."""

    def ended(self, why: Exception | str, frame: str = "") -> None:
        """The connection is over, or cannot be trusted any more, because of a frame where there is one."""

    def heard(self, frame: object) -> None:
        """A frame, after ccxt has read it."""


def told(kind: type, listener: Listener) -> type:
    """ccxt.pro's class of an exchange that tells a listener."""

    def client(self: Any, url: str) -> Any:
        new = url not in (self.clients or {})
        found = kind.client(self, url)  # type: ignore[attr-defined]
        if new:
            found.handle_text_or_binary_message = partial(_read, listener, found)
            found.reject = partial(_reject, listener, found.reject)
        return found

    def on_close(self: Any, client: Any, code: object) -> None:
        listener.ended(f"closed with {code}")
        kind.on_close(self, client, code)  # type: ignore[attr-defined]

    def on_error(self: Any, client: Any, error: Exception) -> None:
        listener.ended(error)
        kind.on_error(self, client, error)  # type: ignore[attr-defined]

    return type(kind.__name__, (kind,), {"client": client, "on_close": on_close, "on_error": on_error})


def file_of(listener: Listener) -> Any:
    """ccxt's file of orders, which tells of each change before it is merged with those before it."""
    from ccxt.async_support.base.ws.cache import ArrayCacheBySymbolById

    class Told(ArrayCacheBySymbolById):  # type: ignore[misc]
        def append(self, item: dict[str, Any]) -> None:
            listener.changed(item)
            super().append(item)

    return Told(_KEPT)


def _read(listener: Listener, client: Any, data: str | bytes) -> None:
    """One frame to ccxt's reader. What it raises would be lost in the loop, so it ends the stream here."""
    text = data if isinstance(data, str) else data.decode(errors="replace")
    try:
        frame = text if text in _HEARTBEATS else read_json(text.encode(), fraction=str)
        client.on_message_callback(client, frame)
        listener.heard(frame)
    except failures() as error:
        listener.ended(error, text)


def _reject(listener: Listener, reject: Any, error: Exception, *named: Any) -> Any:
    """ccxt remembers a refusal for whoever may wait for it later; the one that comes after it is often the hang-up."""
    listener.ended(error)
    return reject(error, *named)


def failures() -> tuple[type[Exception], ...]:
    """What may end a stream: the network's, the library's, ours, and what readers raise on content they do not know."""
    import aiohttp
    from ccxt.base.errors import BaseError

    readers = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, Malformed)
    return (BaseError, BrokerError, aiohttp.ClientError, OSError, TimeoutError, *readers)
