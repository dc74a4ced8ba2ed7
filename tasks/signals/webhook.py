"""The HTTP server in front of the reception: one request per connection, bounded in time, size and number.

Every request has one deadline for all of its bytes, so that a sender who drips cannot hold a thread. A refused body is
not read but let run off for a moment after the answer, for a sender who is still talking would not hear it otherwise.
"""

from __future__ import annotations

import io
import json
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from tasks.clock import now
from tasks.credentials import open_reference
from tasks.signals.deliver import PLACE
from tasks.signals.reception import Answer, Head, Reception, no
from tieout.errors import ConfigError
from tieout.settings import Settings

if TYPE_CHECKING:
    from sql.journal import Journal

SHORTEST_SECRET = 8  # characters
_HEAD = 16 * 1024  # bytes of request line and headers
_LINGER_S = 2.0
_LINGER_BYTES = 8 * 1024 * 1024
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Webhook:
    """A running webhook; a context manager. `stop` lets posts that are being answered finish.

    journal   open for as long as it runs
    clock     the present moment, UTC
    raises    ConfigError where no secret is configured or one is no secret, or the port cannot be had
    """

    def __init__(self, journal: Journal, settings: Settings, clock: Callable[[], datetime] = now) -> None:
        self._reception = Reception(journal, settings, open_secrets(settings), clock)
        webhook = settings.signals.webhook
        try:
            self._server = _Server(self._reception, webhook.host, webhook.port, webhook.timeout_s, webhook.connections)
        except OSError as error:
            raise ConfigError(f"webhook: cannot listen at {webhook.host}:{webhook.port}: {error.strerror}") from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where signals are posted, but for the strategy's name."""
        host = self._server.server_name
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.server_port}/signals"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Take no more posts, and wait for those that are being answered."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._reception.close()


def open_secrets(settings: Settings) -> tuple[str, ...]:
    """The webhook's secrets.

    raises    ConfigError where there is none, or one is too short or has characters that a header cannot carry
    """
    references = settings.signals.webhook.secrets
    if not references:
        raise ConfigError('[signals.webhook]: secret is missing: name where it is kept, "env:TIEOUT_WEBHOOK_SECRET"')
    secrets = tuple(open_reference(one, PLACE) for one in references)
    for reference, secret in zip(references, secrets, strict=True):
        if len(secret) < SHORTEST_SECRET or not secret.isascii() or not secret.isprintable():
            words = f"needs at least {SHORTEST_SECRET} characters, all of them printable ASCII"
            raise ConfigError(f"[signals.webhook]: the secret behind {reference} {words}")
    return secrets


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, reception: Reception, host: str, port: int, timeout_s: float, connections: int) -> None:
        self.reception = reception
        self.timeout_s = timeout_s
        self._room = threading.BoundedSemaphore(connections)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Without the base class's look-up of our own name, which may ask a name server."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """One thread per connection, as long as there is room."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        try:
            request.setblocking(False)
            request.send(_BUSY)
        except OSError:
            pass  # it will find the connection closed
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """The thread's work; its place is free again however it ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender who hangs up is no error of ours; what else goes wrong is told without the request."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            logging.getLogger("tieout.webhook").error("a post could not be answered: %s", type(error).__name__)


class _TooMuchError(Exception):
    """More bytes than the request may have."""


class _Bounded(io.RawIOBase):
    """Reads from a socket until a deadline that nothing extends, and no more than `most` bytes."""

    def __init__(self, connection: socket.socket, seconds: float, most: int) -> None:
        self._connection = connection
        self._deadline = time.monotonic() + seconds
        self.most = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self.most <= 0:
            raise _TooMuchError
        self._connection.settimeout(left)
        count = self._connection.recv_into(memoryview(buffer)[: self.most])
        self.most -= count
        return count


class _Handler(BaseHTTPRequestHandler):
    protocol_version = default_request_version = request_version = "HTTP/1.1"  # also of what was no request at all
    requestline = ""
    server: _Server

    def setup(self) -> None:
        super().setup()
        self._bounded = _Bounded(self.connection, self.server.timeout_s, _HEAD)
        self.rfile = io.BufferedReader(self._bounded, 4096)

    def handle(self) -> None:
        """One request, one answer, and the connection is closed."""
        self.close_connection = True
        peer = str(self.client_address[0])
        reception = self.server.reception
        try:
            answer = self._judged(peer) if reception.knows(peer) else reception.stranger(peer)
        except TimeoutError:
            answer = no(408, "timeout", f"the whole request must arrive within {self.server.timeout_s:g} s")
        except _TooMuchError:
            answer = no(431, "head", f"request line and headers may have {_HEAD} bytes")
        if answer is not None:
            self._send(answer)

    def _judged(self, peer: str) -> Answer | None:
        """The answer; None where there was no request, or it was none and is answered already."""
        self.raw_requestline = self.rfile.readline(_HEAD)
        if not self.raw_requestline or not self.parse_request():
            return None
        names = {name.lower() for name in self.headers}
        headers = {name: self.headers.get_all(name, []) for name in names}
        head = Head(peer, self.command, urlsplit(self.path).path, headers)
        if (answer := self.server.reception.before_body(head)) is not None:
            return answer
        length = int(head.one("content-length") or 0)
        self._bounded.most = length
        if "100-continue" in (head.one("expect") or "").lower():
            self.send_response_only(100)
            self.end_headers()
        body = self.rfile.read(length)
        if len(body) < length:
            return no(400, "length", f"the body ended after {len(body)} of {length} bytes")
        return self.server.reception.answer(head, body)

    def handle_expect_100(self) -> bool:
        """Said later, once the head was found good."""
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class finds wrong with a request line or its headers; its own words may repeat them."""
        self._send(no(int(code), "request", "this is no HTTP request that can be read"))

    def _send(self, answer: Answer) -> None:
        body = json.dumps(answer.body, default=str).encode()
        self.connection.settimeout(self.server.timeout_s)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self._linger()

    def _linger(self) -> None:
        """Throw away what the sender is still sending: closing at once would make the answer unreadable for them."""
        self.connection.shutdown(socket.SHUT_WR)
        rest = _Bounded(self.connection, min(_LINGER_S, self.server.timeout_s), _LINGER_BYTES)
        room = bytearray(64 * 1024)
        try:
            while rest.readinto(room):
                pass
        except (OSError, _TooMuchError):
            pass  # enough

    def version_string(self) -> str:
        """The server's name, without versions."""
        return "tieout"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The reception tells; a request line may hold what nobody should read."""
