"""Alpaca's stream of trade updates: authenticate, listen, and then one binary JSON frame for each change of an order.

Source: the vendor's streaming reference. Nothing is sent again after a reconnect.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

from simulator.protocols.alpaca_order_rows import update_frame
from simulator.protocols.streaming import Conversation, Streams
from simulator.protocols.websocket import Hangup, Websocket
from simulator.protocols.wire import FaceRequest, to_json
from simulator.updates import Change, Update
from tieout.errors import Unauthorised

PATH = "/stream"
_NAME = "trade_updates"


class TradeUpdates(Streams):
    """The streams of one face."""

    def begun(self, request: FaceRequest, connection: socket.socket) -> Conversation | None:
        if request.path != PATH:
            return None
        return _Conversation(self, Websocket(request, connection))


class _Conversation(Conversation):
    def hear(self, message: bytes) -> None:
        try:
            asked = json.loads(message)
            action, data = asked["action"], asked["data"]
        except (ValueError, TypeError, KeyError):
            raise Hangup from None
        if action == "authenticate":
            self._authenticate(data)
        elif action == "listen" and self.account is not None:
            self.listen()
            self._say("listening", {"streams": [name for name in data.get("streams", []) if name == _NAME]})
        else:
            self._say("authorization", {"status": "unauthorized", "action": action})

    def frames(self, update: Update) -> Iterator[bytes]:
        if self.account is not None and update.change is not Change.AMENDED:
            yield to_json(update_frame(update, self.account.desk.by_broker_id))

    def write(self, frame: bytes) -> None:
        self._websocket.send(frame)

    def _authenticate(self, data: dict[str, str]) -> None:
        try:
            with self._venue.lock:
                self.account = self._venue.authenticate(data.get("key_id", ""), data.get("secret_key", ""))
        except Unauthorised:
            self._say("authorization", {"status": "unauthorized", "action": "authenticate"})
            raise Hangup from None
        self._say("authorization", {"status": "authorized", "action": "authenticate"})

    def _say(self, stream: str, data: dict[str, object]) -> None:
        self.write(to_json({"stream": stream, "data": data}))
