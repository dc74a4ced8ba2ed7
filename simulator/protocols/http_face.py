"""What the HTTP faces share: a real server on loopback, with a request log and faults to order.

A face speaks one venue's wire format. Its answers are made under a lock, so that the simulated account behind it sees
one request at a time; waiting and sending happen outside the lock.
"""

from __future__ import annotations

import socket
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from simulator.protocols.faults import Faults
from simulator.protocols.wire import FaceAnswer, FaceRequest

_LARGEST_REQUEST = 1_000_000
_SHOWN_HEADERS = frozenset({"content-type", "content-length", "user-agent", "accept"})


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One line of the request log: no signature, no key, no secret."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    status: int


class HttpFace(ABC):
    """A server on 127.0.0.1; a context manager. Port 0 takes any free one."""

    def __init__(self, port: int = 0) -> None:
        self.faults = Faults()
        self._log: list[LoggedRequest] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server(port, self)
        self._thread: threading.Thread | None = None

    @abstractmethod
    def answer(self, request: FaceRequest) -> FaceAnswer:
        """The venue's answer. Called by one thread at a time."""

    def converse(self, request: FaceRequest, connection: socket.socket) -> None:
        """Speak websocket on a connection that asked for it. Called by a thread of its own; a face without says no."""
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def is_stopping(self) -> bool:
        """Whether conversations have to end."""
        return self._stopping.is_set()

    @property
    def base_url(self) -> str:
        """What to configure as an account's `endpoint`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def log(self) -> tuple[LoggedRequest, ...]:
        """Every request so far, oldest first, secrets removed."""
        return tuple(self._log)

    def start(self) -> Self:
        """Serve from a thread of its own."""
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving; waiting answers are let go."""
        self._stopping.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def take(self, request: FaceRequest) -> FaceAnswer:
        """The answer with its faults, logged. For the server's own threads."""
        with self._lock:
            answer = self.faults.through(request, self.answer)
            shown = {name: value for name, value in request.headers.items() if name in _SHOWN_HEADERS}
            self._log.append(LoggedRequest(request.method, request.path, request.query, shown, answer.status))
        if answer.wait_s:
            self._stopping.wait(answer.wait_s)
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, port: int, face: HttpFace) -> None:
        self.face = face
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what faults are for: no traceback on stderr."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # status line, headers and body in one segment
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST_REQUEST:
            self.send_error(413)
            return
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = FaceRequest(self.command, unquote(parts.path), query, headers, body, self.path)
        if headers.get("upgrade", "").lower() == "websocket":
            self.close_connection = True
            self.server.face.converse(request, self.connection)
            return
        self._send(self.server.face.take(request))

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815

    def _send(self, answer: FaceAnswer) -> None:
        if answer.reset:
            self._reset()
            return
        self.send_response_only(answer.status)
        if "Date" not in answer.headers:
            self.send_header("Date", self.date_time_string())
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body if answer.cut_at is None else answer.body[: answer.cut_at])
        self.wfile.flush()
        if answer.cut_at is not None:
            self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The face keeps its own log."""
