"""The page that takes a secret from a person, served by the running flow on this machine's loopback, once.

Prefect keeps what is typed into its own forms. So the form there only confirms, and the secret is typed here: it goes
from the browser to this process and from here to the secret source. The address holds a random word, which is worth
nothing to whoever reads it later: it can only give, never read, is gone with the run, and what is given must open the
account.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LARGEST = 64_000  # bytes of what a person may send
MOST_WRONG = 20  # addresses that are not ours, before the page closes
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_STYLE = "body{font:16px sans-serif;max-width:40em;margin:3em auto}label{display:block;margin:1em 0}input{width:100%}"


class NotTaken(Exception):
    """What was given is not stored; the words say why, and hold no secret."""


Take = Callable[[Mapping[str, str]], str]


@dataclass(slots=True)
class Page:
    """One question for one secret.

    take        stores what was given and returns words; raises NotTaken
    login       where the person logs in first, if anywhere
    back_path   path that the venue sends the browser back to, where that is this page
    """

    title: str
    parts: tuple[str, ...]
    take: Take = field(repr=False)
    login: str | None = field(default=None, repr=False)
    back_path: str | None = None
    word: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    taken: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def path(self) -> str:
        """Where it is found."""
        return f"/{self.word}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, pages: tuple[Page, ...], port: int) -> None:
        self.pages = pages
        self.wrong = 0
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, *_: object) -> None:
        """A traceback would hold what was sent."""


@contextmanager
def served(pages: tuple[Page, ...], port: int = 0) -> Iterator[str]:
    """The base URL of the pages, for as long as the block lasts. Port 0 takes any free one."""
    server = _Server(pages, port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="secret page", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        page, came_back = self._page()
        if page is None:
            return
        if came_back and page.taken is None:
            self._take(page, {"address": self.path})
        elif page.taken is not None:
            self._answer(200, page, f"<p>{escape(page.taken)}</p><p>Now confirm in the Prefect form.</p>")
        else:
            self._answer(200, page, _form(page))

    def do_POST(self) -> None:
        page, _ = self._page()
        if page is None:
            return
        if self.headers.get("Origin") != f"http://{self.headers.get('Host')}":
            self._refuse(403)
            return
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= LARGEST:
            self._refuse(413)
            return
        given = parse_qs(self.rfile.read(length).decode("utf-8", "replace"), keep_blank_values=True)
        self._take(page, {name: values[0] for name, values in given.items() if name in page.parts})

    def _take(self, page: Page, given: Mapping[str, str]) -> None:
        with page.lock:
            if page.taken is not None:
                self._answer(410, page, "<p>It was given already.</p>")
                return
            try:
                page.taken = page.take(given)
            except NotTaken as error:
                self._answer(422, page, f"<p><b>Not stored:</b> {escape(str(error))}</p>{_form(page)}")
                return
        self._answer(200, page, f"<p>{escape(page.taken)}</p><p>Now confirm in the Prefect form.</p>")

    def _page(self) -> tuple[Page | None, bool]:
        """The page that is asked for, by its word; a browser that comes back from a login is known by its path."""
        host = self.headers.get("Host", "").rpartition(":")[0]
        path = urlsplit(self.path).path
        if host in ("127.0.0.1", "localhost") and self.server.wrong < MOST_WRONG:
            for page in self.server.pages:
                if hmac.compare_digest(path.encode(), page.path.encode()):
                    return page, False
                if page.back_path is not None and path == page.back_path and self.command == "GET":
                    return page, True
        self.server.wrong += 1
        self._refuse(404)
        return None, False

    def _answer(self, status: int, page: Page, body: str) -> None:
        title = escape(page.title)
        text = f"<!doctype html><title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>{body}"
        self._send(status, text.encode())

    def _refuse(self, status: int) -> None:
        self._send(status, b"no such page")

    def _send(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the address holds the word, and a login's code."""


def _form(page: Page) -> str:
    """Password boxes: nothing shows, and no browser offers to keep it."""
    login = (
        f'<p><a href="{escape(page.login)}">Log in at the venue</a>, then paste its address.</p>' if page.login else ""
    )
    boxes = "".join(
        f'<label>{escape(part)}<input type="password" name="{escape(part)}" autocomplete="off" required></label>'
        for part in page.parts
    )
    return f'{login}<form method="post" action="{page.path}">{boxes}<button>Store</button></form>'
