"""The wire under ccxt: its one HTTP method goes through our door, so that budget, audit, bounds and errors are ours.

ccxt signs and reads; it sends nothing by itself. What leaves here is what ccxt signed for the venue's own host, and
only then is the host replaced by an account's `endpoint`: so ccxt finds the table of errors of the very host (it tells
Binance's spot from its futures by the URL), and a signature that covers the host is the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from brokers.ccxt.judging import Judge
from brokers.credentials import Credential
from brokers.http.answers import Answer, Request
from brokers.http.body import read_json
from brokers.http.bounded import BoundedAdapter
from brokers.http.door import Door
from brokers.http.limiter import RequestBudget
from tieout.errors import Ambiguous, BrokerError, Malformed, Unreadable
from tieout.ids import ClientOrderId
from tieout.lanes import Lane

_UNSAID = frozenset({"signature", "sign", "api_key", "apikey", "timestamp", "recvwindow", "nonce"})  # of an audit line
_SIMULATED = "x-simulated-trading"
_READING = (Malformed, KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What ccxt's readers raise on content that they were not written for."""


@dataclass(frozen=True, slots=True)
class Signed(Request):
    """A request as ccxt signed it.

    tells    it may change something: some venues are also asked by POST
    """

    url: str = field(default="", repr=False)  # with its signature
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str | None = field(default=None, repr=False)
    tells: bool = False

    @property
    def writes(self) -> bool:
        """Whether it may change something over there."""
        return self.tells


@dataclass(slots=True)
class _About:
    """What the calls under way are for."""

    part: str = "markets"
    lane: Lane = Lane.DATA
    order: ClientOrderId | None = None
    tells: bool = False
    told: bool = False


class Line:
    """One account's wire.

    endpoint    base URL that takes the place of the venue's hosts, None for these themselves
    guards      headers of a request that tells something; see `Venue.headers`
    hosts       for which private requests were signed so far; simulated: each said that it is for a simulation
    last        content of the last answer, for what ccxt turns into floats
    """

    def __init__(
        self,
        broker: str,
        judge: Judge,
        credential: Credential,
        budget: RequestBudget,
        clock: Callable[[], datetime],
        *,
        endpoint: str | None,
        guards: Callable[[str, int], Mapping[str, str]] = lambda _path, _now_ms: {},
    ) -> None:
        self._broker = broker
        self._guards = guards
        self._judge = judge
        self._clock = clock
        self._endpoint = endpoint
        self.hosts: set[str] = set()
        self.simulated = False
        self.last: object = None
        self._exchange: Any = None
        self._about = _About()
        self._latest: tuple[bytes, object] = (b"", None)
        self._ways: dict[str, dict[str, Any]] = {}  # how to get to a host: proxies and certificates
        self.door = Door(
            broker,
            self._send,
            judge=self._judged,
            credential=credential,
            budget=budget,
            clock=clock,
            read=self._content,
        )
        self._asks = {lane: self.door.in_lane(lane) for lane in Lane}

    def attach(self, exchange: Any, timeout_s: float, *, behind_proxy: bool) -> None:
        """Take over an exchange's session."""
        self._exchange = exchange
        exchange.session.trust_env = behind_proxy
        exchange.session.mount("https://", BoundedAdapter(timeout_s))
        exchange.session.mount("http://", BoundedAdapter(timeout_s))

    def fetch(self, url: str, method: str, headers: Mapping[str, str] | None, body: str | None) -> Any:
        """One call of ccxt's; the content it returns to ccxt. Raises leaves of BrokerError."""
        about, parts = self._about, urlsplit(url)
        tells = about.tells and method != "GET"
        about.told = about.told or tells
        said = {name: value for name, value in parse_qsl(parts.query) if name.lower() not in _UNSAID}
        params: dict[str, object] = {"client_order_id": about.order} if tells and about.order else dict(said)
        whole = dict(self._exchange.prepare_request_headers(dict(headers or {})))
        if tells:
            whole |= self._guards(parts.path, self._exchange.milliseconds())
        request = Signed(about.part, method, parts.path, params, False, url, whole, body, tells)
        if headers:
            self.hosts.add(parts.hostname or "")
            self.simulated = whole.get(_SIMULATED) == "1"
        self.last = self._asks[about.lane](request, _sound)
        return self.last

    @contextmanager
    def calls(
        self, part: str, lane: Lane, *, tells: bool = False, order: ClientOrderId | None = None
    ) -> Iterator[None]:
        """What is called inside is for this; ccxt's own exceptions become leaves.

        raises    Ambiguous where a write left and its answer could not be read, Unreadable for a read's
        """
        outer, self._about = self._about, _About(part, lane, order, tells)
        try:
            yield
        except BrokerError:
            raise
        except _READING as error:
            raise self._unread(part, error) from None
        except _ccxt_error() as error:
            name, words = type(error).__name__, str(error)[:300]
            raise self._judge.of_exception(name, words, sent=self._about.told, tells=tells) from None
        finally:
            self._about = outer

    def close(self) -> None:
        """Close connections and give the budget's file back."""
        if self._exchange is not None:
            self._exchange.session.close()
        self.door.close()

    def _unread(self, part: str, error: Exception) -> BrokerError:
        words = f"{part}: the answer cannot be read ({type(error).__name__}: {error})"[:300]
        if self._about.told:
            return Ambiguous(self._broker, words)
        return Unreadable(self._broker, words)

    def _send(self, request: Request) -> Answer:
        signed = cast("Signed", request)
        headers, url = dict(signed.headers), signed.url
        if self._endpoint is not None:
            parts = urlsplit(url)
            headers["Host"] = parts.netloc
            url = self._endpoint + url[len(f"{parts.scheme}://{parts.netloc}") :]
        response = self._wire(request.method, url, headers, signed.body)
        self._exchange.last_response_headers = response.headers
        return Answer(
            response.status_code, {name.lower(): text for name, text in response.headers.items()}, response.content
        )

    def _wire(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> Any:
        """Straight to the transport, as it was signed: `requests` would merge, parse and quote all of it anew."""
        from requests import PreparedRequest
        from requests.structures import CaseInsensitiveDict

        session, parts = self._exchange.session, urlsplit(url)
        base = f"{parts.scheme}://{parts.netloc}"
        if base not in self._ways:
            way = session.merge_environment_settings(base, {}, None, None, None)
            self._ways[base] = {name: way[name] for name in ("proxies", "verify", "cert")}
        asked = PreparedRequest()
        asked.method, asked.url, asked.hooks = method, url, {}
        asked.body = body.encode() if body else None
        asked.headers = CaseInsensitiveDict({**session.headers, **headers})
        if asked.body is not None or method not in ("GET", "HEAD"):
            asked.headers["Content-Length"] = str(len(asked.body or b""))
        return session.get_adapter(url).send(asked, **self._ways[base])

    def _judged(self, request: Request, answer: Answer) -> BrokerError | None:
        try:
            content = self._content(answer.body)
        except Malformed:
            return self._judge.of_no_json(answer, self._clock(), tells=request.writes)
        named = lambda: self._named(cast("Signed", request), answer, content)  # noqa: E731
        return self._judge.of_answer(answer, content, named, self._clock(), tells=request.writes)

    def _content(self, body: bytes) -> object:
        """What a body writes; ccxt reads text, ints and floats, no Decimal. It is judged first and read then."""
        if self._latest[0] is not body:
            self._latest = (body, read_json(body, fraction=str))
        return self._latest[1]

    def _named(self, request: Signed, answer: Answer, content: object) -> str | None:
        """The name of the class that ccxt has for an answer, None where it sees no error in it."""
        said = (request.url, request.method, dict(answer.headers), answer.body.decode(errors="replace"))
        try:
            self._exchange.handle_errors(answer.status, "", *said, content, dict(request.headers), request.body)
        except _READING:
            return "BadResponse"
        except _ccxt_error() as error:
            return type(error).__name__
        return None


def _ccxt_error() -> type[Exception]:
    """The root of ccxt's exceptions, imported where one may have been raised."""
    from ccxt.base.errors import BaseError

    return cast("type[Exception]", BaseError)


def _sound(content: object) -> object:
    if content is None:
        raise Malformed("an answer without content")
    return content


def lined(kind: type, line: Line) -> type:
    """ccxt's class of an exchange with its HTTP method replaced by ours."""

    def fetch(
        _: Any, url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: str | None = None
    ) -> Any:
        return line.fetch(url, method, headers, body)

    return type(kind.__name__, (kind,), {"fetch": fetch})
