"""A mail server on loopback: real SMTP (RFC 5321), as much of it as a sender needs, with a switch to be broken."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.policy import default

PASSWORD = "test-secret-of-the-mailbox"  # pragma: allowlist secret


@dataclass
class Mailbox:
    """What arrived; `refuses` answers every message with a transient failure."""

    port: int = 0
    refuses: bool = False
    mails: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        query = "from=tieout@desk.example&to=oncall@desk.example&mode=insecure"
        return f"mailto://127.0.0.1:{self.port}?smtp=127.0.0.1&{query}&user=desk&pass={PASSWORD}"


@contextmanager
def running_mailbox() -> Iterator[Mailbox]:
    """A server that takes mail until the end of the block."""
    found = Mailbox()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 mailbox")
            while line := self.rfile.readline():
                verb = line.split()[0].upper() if line.split() else b""
                if verb == b"QUIT":
                    self._say("221 bye")
                    return
                self._answer(verb, line.decode())

        def _answer(self, verb: bytes, line: str) -> None:
            if verb == b"EHLO":
                self.wfile.write(b"250-mailbox\r\n")
                self._say("250 AUTH PLAIN LOGIN")
            elif verb == b"AUTH":
                self._say("235 welcome")
            elif verb == b"RCPT":
                found.recipients.append(line.partition("<")[2].partition(">")[0])
                self._say("451 not now" if found.refuses else "250 ok")
            elif verb == b"DATA":
                self._say("354 go on")
                lines = list(iter(self.rfile.readline, b".\r\n"))
                found.mails.append(email.message_from_bytes(b"".join(lines), policy=default))
                self._say("250 taken")
            else:
                self._say("250 ok")

        def _say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        found.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()
