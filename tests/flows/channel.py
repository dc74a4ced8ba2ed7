"""An alert target on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "test-secret-of-the-channel"  # pragma: allowlist secret


@dataclass
class Channel:
    """What a chat service would be: takes JSON, or refuses with a status."""

    port: int = 0
    status: int = 200
    messages: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"json://desk:{SECRET}@127.0.0.1:{self.port}/hook/{SECRET}/?+X-Token={SECRET}"


@contextmanager
def running_channel() -> Iterator[Channel]:
    """A channel that takes messages until the end of the block."""
    found = Channel()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.paths.append(self.path)
            if found.status == 200:
                found.messages.append(json.loads(body))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        found.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()
