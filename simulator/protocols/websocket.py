"""The server's side of one websocket, over a connection whose opening request was read already."""

from __future__ import annotations

import contextlib
import logging
import socket

from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from simulator.protocols.wire import FaceRequest

_CHUNK = 65_536
_QUIET = logging.getLogger("simulator.websocket")
_QUIET.setLevel(logging.WARNING)  # at its lowest level the library logs every frame, keys among them


class Hangup(Exception):
    """The other side is gone."""


class Websocket:
    """Messages in and out. Used by one thread."""

    def __init__(self, request: FaceRequest, connection: socket.socket) -> None:
        """Shakes hands; raises Hangup where the request is no handshake."""
        self._connection = connection
        self._protocol = ServerProtocol(logger=_QUIET)
        self._protocol.receive_data(_as_sent(request))
        asked = next(iter(self._protocol.events_received()), None)
        if not isinstance(asked, Request):
            raise Hangup
        response = self._protocol.accept(asked)
        self._protocol.send_response(response)
        self._flush()
        if self._protocol.state is not State.OPEN:
            raise Hangup

    def received(self, within_s: float) -> list[bytes]:
        """Messages that came, waiting for the first at most so long. Raises Hangup."""
        self._connection.settimeout(within_s)
        try:
            data = self._connection.recv(_CHUNK)
        except TimeoutError:
            return []
        except OSError:
            raise Hangup from None
        if not data:
            raise Hangup
        self._protocol.receive_data(data)
        self._flush()  # pongs and the closing handshake
        frames = [event for event in self._protocol.events_received() if isinstance(event, Frame)]
        if self._protocol.state is not State.OPEN:
            raise Hangup
        return [bytes(frame.data) for frame in frames if frame.opcode in (Opcode.TEXT, Opcode.BINARY)]

    def send(self, message: bytes) -> None:
        """One binary message. Raises Hangup."""
        self._protocol.send_binary(message)
        self._flush()

    def send_text(self, message: bytes) -> None:
        """One text message. Raises Hangup."""
        self._protocol.send_text(message)
        self._flush()

    def close(self) -> None:
        """Say goodbye in due form."""
        with contextlib.suppress(Hangup, ProtocolError):
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(1001)
            self._flush()

    def break_off(self) -> None:
        """The connection breaks without a word."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _flush(self) -> None:
        try:
            self._connection.sendall(b"".join(self._protocol.data_to_send()))
        except OSError:
            raise Hangup from None


def _as_sent(request: FaceRequest) -> bytes:
    """The opening request, written again: the HTTP server has read it already."""
    lines = [f"GET {request.path} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()
