"""What the streams of the faces share: a conversation that tells each update once, and the faults it may have.

Nothing is sent again after a reconnect: who was away asks the lists.
"""

from __future__ import annotations

import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from simulator.account import SimulatedAccount
from simulator.protocols.websocket import Hangup, Websocket
from simulator.protocols.wire import FaceRequest
from simulator.updates import Update
from simulator.venue import SimulatedVenue

_LOOK_EVERY_S = 0.02


class StreamFault(StrEnum):
    """What goes wrong with one update."""

    REPEAT = "repeat"  # it comes twice
    LATE = "late"  # it comes after the one that follows it
    LOSE = "lose"  # it never comes
    GARBLE = "garble"  # it comes unreadable
    HANG_UP = "hang_up"  # the connection breaks before it is sent


@dataclass(slots=True)
class _Due:
    fault: StreamFault
    skip: int


class Streams(ABC):
    """The streams of one face, and the faults they are told to have. `listening` counts conversations under way."""

    def __init__(self, venue: SimulatedVenue) -> None:
        self.venue = venue
        self._faults: list[_Due] = []
        self._lock = threading.Lock()
        self.listening = 0

    @abstractmethod
    def begun(self, request: FaceRequest, connection: socket.socket) -> Conversation | None:
        """A conversation, None where none is held on this path. Raises Hangup."""

    def fail(self, fault: StreamFault, *, skip: int = 0) -> None:
        """Strike one update, after letting `skip` of them pass."""
        with self._lock:
            self._faults.append(_Due(fault, skip))

    def converse(self, request: FaceRequest, connection: socket.socket, is_over: Callable[[], bool]) -> None:
        """Serve one connection until either side ends it."""
        try:
            talk = self.begun(request, connection)
        except Hangup:
            return
        if talk is None:
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        talk.run(is_over, self._count)

    def struck(self) -> StreamFault | None:
        """The fault that strikes the next update."""
        with self._lock:
            for due in self._faults:
                if due.skip == 0:
                    self._faults.remove(due)
                    return due.fault
                due.skip -= 1
            return None

    def _count(self, change: int) -> None:
        with self._lock:
            self.listening += change


class Conversation(ABC):
    """One connection.

    account   whose updates are told; None until somebody has proven who they are
    """

    def __init__(self, streams: Streams, websocket: Websocket) -> None:
        self._streams = streams
        self._venue = streams.venue
        self._websocket = websocket
        self.account: SimulatedAccount | None = None
        self._told: set[int] | None = None  # places of the updates that were sent, or shown before we listened
        self._held: bytes | None = None

    @abstractmethod
    def hear(self, message: bytes) -> None:
        """Answer one message. Raises Hangup."""

    @abstractmethod
    def frames(self, update: Update) -> Iterator[bytes]:
        """What is said of one update."""

    def run(self, is_over: Callable[[], bool], count: Callable[[int], None]) -> None:
        """Talk until either side ends it."""
        counted = 0
        try:
            while not is_over():
                if self._told is not None and not counted:
                    counted = 1
                    count(1)
                for message in self._websocket.received(_LOOK_EVERY_S):
                    self.hear(message)
                for frame in self._fresh():
                    self._send(frame)
        except Hangup:
            pass
        finally:
            count(-counted)
            self._websocket.close()

    def listen(self) -> None:
        """Tell of what happens from now on."""
        with self._venue.lock:
            self._told = {place for place, _ in self._shown()}

    def write(self, frame: bytes) -> None:
        """Send one message; most venues write text."""
        self._websocket.send_text(frame)

    def _shown(self) -> list[tuple[int, Update]]:
        updates = self.account.desk.updates if self.account else []
        now = self._venue.clock.now
        return [(n, one) for n, one in enumerate(updates) if one.shown_at is not None and one.shown_at <= now]

    def _fresh(self) -> Iterator[bytes]:
        """Frames of the updates not told yet, in the order in which they are shown."""
        if self._told is None or self.account is None:
            return
        with self._venue.lock:
            fresh = [(place, one) for place, one in self._shown() if place not in self._told]
            frames = [frame for _, one in fresh for frame in self.frames(one)]
        self._told |= {place for place, _ in fresh}
        yield from frames

    def _send(self, frame: bytes) -> None:
        fault = self._streams.struck()
        if fault is StreamFault.HANG_UP:
            self._websocket.break_off()
            raise Hangup
        if fault is StreamFault.LOSE:
            return
        if fault is StreamFault.LATE:
            self._held = frame
            return
        if fault is StreamFault.GARBLE:
            frame = frame[: len(frame) // 2]
        held, self._held = self._held, None
        for one in [frame, *([frame] if fault is StreamFault.REPEAT else []), *([held] if held else [])]:
            self.write(one)
