"""The TWS socket on loopback, over the simulated accounts of a venue: what the vendor's real client libraries talk to.

One login sees every account of the venue. Server version 176, the newest that both known client libraries accept
without a change of the order messages.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Self

from simulator.protocols.faults import Faults
from simulator.protocols.http_face import LoggedRequest
from simulator.protocols.tws_book import TicketBook
from simulator.protocols.tws_talk import Talk
from simulator.protocols.wire import FaceAnswer, FaceRequest
from simulator.venue import SimulatedVenue

SERVER_VERSION = 176
_LOOK_EVERY_S = 0.01


class TwsFace:
    """A server on 127.0.0.1; a context manager. Port 0 takes any free one.

    delayed_commissions   hold commission reports back until `release_commissions`
    version               the server version it announces at most
    """

    def __init__(self, venue: SimulatedVenue, port: int = 0, *, version: int = SERVER_VERSION) -> None:
        self.venue = venue
        self.version = version
        self.faults = Faults()
        self.book = TicketBook()
        self.delayed_commissions = False
        self.read_only = False
        self._log: list[LoggedRequest] = []
        self._talks: dict[int, Talk] = {}  # by client id
        self._open: set[socket.socket] = set()
        self._lock = threading.RLock()
        self._listener: socket.socket | None = None
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self.port = port
        self._bind()

    @property
    def base_url(self) -> str:
        """Where it answers, as `host:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> tuple[LoggedRequest, ...]:
        """Every request so far, oldest first."""
        return tuple(self._log)

    @property
    def clients(self) -> tuple[int, ...]:
        """Client ids that are connected now."""
        with self._lock:
            return tuple(sorted(self._talks))

    def start(self) -> Self:
        """Serve from threads of its own."""
        self._serve()
        return self

    def stop(self) -> None:
        """Hang up on everybody and stop serving."""
        self._stopping.set()
        self.go_down()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # What happens to the program itself

    def go_down(self) -> None:
        """The program ends, as it does each night: connections break, new ones are refused."""
        with self._lock:
            listener, self._listener = self._listener, None
            open_now, self._open = list(self._open), set()
            self._talks.clear()
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for a client
            listener.close()
        for connection in open_now:
            hang_up(connection)

    def come_up(self) -> None:
        """The program is there again, on the same port."""
        self._bind()
        self._serve()

    def tell_all(self, code: int, text: str) -> None:
        """A system message to every client: 1100, 1101, 1102, 2104 and their like."""
        with self._lock:
            talks = list(self._talks.values())
        for talk in talks:
            talk.say(-1, code, text)

    def release_commissions(self) -> None:
        """Send the commission reports that were held back."""
        self.delayed_commissions = False

    # For the conversations

    def through(self, request: FaceRequest, talk: Talk) -> FaceAnswer:
        """The answer with its faults, logged."""
        with self._lock, self.venue.lock:
            answer = self.faults.through(request, talk.answer)
            self._log.append(LoggedRequest(request.method, request.path, {}, {}, answer.status))
            return answer

    def register(self, talk: Talk) -> bool:
        """Enter a client's id; False where it is taken."""
        with self._lock:
            if talk.client_id in self._talks:
                return False
            self._talks[talk.client_id] = talk
            return True

    def is_stopping(self) -> bool:
        """Whether conversations have to end."""
        return self._stopping.is_set()

    def _bind(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        self.port = listener.getsockname()[1]
        self._listener = listener

    def _serve(self) -> None:
        listener = self._listener
        if listener is not None:
            self._run(threading.Thread(target=self._accept, args=(listener,), daemon=True))

    def _run(self, thread: threading.Thread) -> None:
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(_LOOK_EVERY_S)
            with self._lock:
                self._open.add(connection)
            self._run(threading.Thread(target=self._converse, args=(connection,), daemon=True))

    def _converse(self, connection: socket.socket) -> None:
        talk = Talk(self, connection)
        try:
            talk.run()
        except (OSError, ValueError):
            pass  # a client that hangs up, or is none
        finally:
            with self._lock:
                self._open.discard(connection)
                if self._talks.get(talk.client_id) is talk:
                    del self._talks[talk.client_id]
            connection.close()


def hang_up(connection: socket.socket) -> None:
    """Break a connection at once, without a goodbye."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
