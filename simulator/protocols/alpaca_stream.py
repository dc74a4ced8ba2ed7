"""Alpaca's stream of trade updates: authenticate, listen, and then one binary JSON frame for each change of an order.

Source: the vendor's streaming reference. Nothing is sent again after a reconnect.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from simulator.account import SimulatedAccount
from simulator.protocols.alpaca_order_rows import update_frame
from simulator.protocols.websocket import Hangup, Websocket
from simulator.protocols.wire import FaceRequest, to_json
from simulator.updates import Update
from simulator.venue import SimulatedVenue
from tieout.errors import Unauthorised

PATH = "/stream"
_LOOK_EVERY_S = 0.02
_NAME = "trade_updates"


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


class TradeUpdates:
    """The streams of one face, and the faults they are told to have. `listening` counts conversations under way."""

    def __init__(self, venue: SimulatedVenue) -> None:
        self._venue = venue
        self._faults: list[_Due] = []
        self._lock = threading.Lock()
        self.listening = 0

    def fail(self, fault: StreamFault, *, skip: int = 0) -> None:
        """Strike one update, after letting `skip` of them pass."""
        with self._lock:
            self._faults.append(_Due(fault, skip))

    def converse(self, request: FaceRequest, connection: socket.socket, is_over: Callable[[], bool]) -> None:
        """Serve one connection until either side ends it."""
        if request.path != PATH:
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        try:
            talk = _Conversation(self._venue, Websocket(request, connection), self._struck)
        except Hangup:
            return
        talk.run(is_over, self._count)

    def _count(self, change: int) -> None:
        with self._lock:
            self.listening += change

    def _struck(self) -> StreamFault | None:
        with self._lock:
            for due in self._faults:
                if due.skip == 0:
                    self._faults.remove(due)
                    return due.fault
                due.skip -= 1
            return None


class _Conversation:
    def __init__(self, venue: SimulatedVenue, websocket: Websocket, struck: Callable[[], StreamFault | None]) -> None:
        self._venue = venue
        self._websocket = websocket
        self._struck = struck
        self._account: SimulatedAccount | None = None
        self._told: set[int] | None = None  # places of the updates that were sent, or shown before we listened
        self._held: bytes | None = None

    def run(self, is_over: Callable[[], bool], count: Callable[[int], None]) -> None:
        try:
            while not is_over():
                for message in self._websocket.received(_LOOK_EVERY_S):
                    listened = self._told is not None
                    self._answer(message)
                    count(int(self._told is not None and not listened))
                for update in self._fresh():
                    self._send(update)
        except Hangup:
            pass
        finally:
            count(-int(self._told is not None))
            self._websocket.close()

    def _answer(self, message: bytes) -> None:
        try:
            asked = json.loads(message)
            action, data = asked["action"], asked["data"]
        except (ValueError, TypeError, KeyError):
            raise Hangup from None
        if action == "authenticate":
            self._authenticate(data)
        elif action == "listen" and self._account is not None:
            self._listen(data)
        else:
            self._say("authorization", {"status": "unauthorized", "action": action})

    def _authenticate(self, data: dict[str, str]) -> None:
        try:
            with self._venue.lock:
                self._account = self._venue.authenticate(data.get("key_id", ""), data.get("secret_key", ""))
        except Unauthorised:
            self._say("authorization", {"status": "unauthorized", "action": "authenticate"})
            raise Hangup from None
        self._say("authorization", {"status": "authorized", "action": "authenticate"})

    def _listen(self, data: dict[str, list[str]]) -> None:
        streams = [name for name in data.get("streams", []) if name == _NAME]
        with self._venue.lock:
            self._told = {place for place, _ in self._shown()}
        self._say("listening", {"streams": streams})

    def _shown(self) -> list[tuple[int, Update]]:
        updates = self._account.desk.updates if self._account else []
        now = self._venue.clock.now
        return [(n, one) for n, one in enumerate(updates) if one.shown_at is not None and one.shown_at <= now]

    def _fresh(self) -> Iterator[bytes]:
        """Frames of the updates not told yet, in the order in which they are shown."""
        if self._told is None or self._account is None:
            return
        with self._venue.lock:
            fresh = [(place, one) for place, one in self._shown() if place not in self._told]
            frames = [to_json(update_frame(one, self._account.desk.by_broker_id)) for _, one in fresh]
        self._told |= {place for place, _ in fresh}
        yield from frames

    def _send(self, frame: bytes) -> None:
        fault = self._struck()
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
            self._websocket.send(one)

    def _say(self, stream: str, data: dict[str, object]) -> None:
        self._websocket.send(to_json({"stream": stream, "data": data}))
