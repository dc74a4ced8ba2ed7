"""The one door to a venue: each call goes through it once, and whatever happens becomes one of our errors."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from brokers.credentials import Credential
from brokers.http.allowance import ReadAllowance, allowance
from brokers.http.answers import Answer, AnswerLost, NeverSent, Request, shown
from brokers.http.body import read_json
from brokers.http.calls import NO_ANSWER, Call, CallLog
from brokers.http.errors import Refused, error_of, unreadable
from brokers.http.limiter import RequestBudget
from tieout.errors import Ambiguous, BrokerError, Malformed, Rejected, Unavailable
from tieout.lanes import Lane
from tieout.snapshots import RawAnswer

_log = logging.getLogger("tieout.http")
_KEPT = 5_000  # answers of one session; a day's close needs some twenty
_ORDER_IDS = ("client_order_id", "clientOrderId", "newClientOrderId")

T = TypeVar("T")
Send = Callable[[Request], Answer]
Judge = Callable[[Request, Answer], BrokerError | None]


class Ask(Protocol):
    """`Door.ask`, as those take it who only ask."""

    def __call__(self, request: Request, parse: Callable[[object], T], /) -> T: ...


class Door:
    """Limits, sends, keeps, audits and judges one call at a time.

    send      hands a request to the venue's client; raises NeverSent or AnswerLost only
    refused   the adapter's table for the venue's own 4xx bodies, where status and `message` tell a refusal
    judge     in its place: the error that an answer means, None for a success, at venues that refuse in other shapes
    clock     aware UTC
    says      reads from an answer what the venue leaves us of its limit
    read      a body to the value that `parse` gets; raises Malformed
    """

    def __init__(
        self,
        broker: str,
        send: Send,
        *,
        refused: Refused | None = None,
        judge: Judge | None = None,
        credential: Credential,
        budget: RequestBudget,
        clock: Callable[[], datetime],
        says: ReadAllowance = allowance,
        read: Callable[[bytes], object] = read_json,
    ) -> None:
        self._broker = broker
        self._content = read
        self._send = send
        self._judge = judge or self._by_status(refused or _unexplained(broker))
        self._credential = credential
        self._budget = budget
        self._clock = clock
        self._says = says
        self._answers: deque[RawAnswer] = deque(maxlen=_KEPT)
        self._calls = CallLog()
        self._told: tuple[Request | None, str] = (None, "")

    @property
    def answers(self) -> tuple[RawAnswer, ...]:
        """Every answer so far as it came, secrets removed, broken ones too."""
        return tuple(self._answers)

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call so far, answered or not."""
        return self._calls.all

    def take_calls(self) -> tuple[Call, ...]:
        """The calls that nobody has taken yet, for the audit trail."""
        return self._calls.take_calls()

    @property
    def log(self) -> CallLog:
        """Its calls, for whoever speaks over several doors."""
        return self._calls

    def headroom(self) -> tuple[int, int] | None:
        """How many requests are left of how many; None where that cannot be read now."""
        return self._budget.headroom()

    def close(self) -> None:
        """Give the request budget's file back."""
        self._budget.close()

    def in_lane(self, lane: Lane) -> Ask:
        """`ask` for what is of that lane; what tells the venue something is of the first in any case."""

        def ask(request: Request, parse: Callable[[object], T], /) -> T:
            return self._asked(request, parse, Lane.ORDERS if request.writes else lane)

        return ask

    def ask(self, request: Request, parse: Callable[[object], T], /) -> T:
        """Send once, and parse here too: an unreadable answer to a write is Ambiguous as well.

        parse    pure; raises Malformed for content it cannot read. Gets None for an empty body (204)
        raises   a leaf of BrokerError, without the SDK's exception behind it, for that one holds the signed request
        """
        return self._asked(request, parse, Lane.ORDERS if request.writes else Lane.RECONCILIATION)

    def _asked(self, request: Request, parse: Callable[[object], T], lane: Lane) -> T:
        self._budget.spend(lane)
        started, sent_at = time.perf_counter(), self._clock()
        answer: Answer | None = None
        outcome, reached = "ok", True
        try:
            answer = self._sent(request)
            return self._read(request, answer, parse)
        except BrokerError as error:
            outcome, reached = type(error).__name__, not isinstance(error.__context__, NeverSent)
            raise
        finally:
            self._audit(request, answer, sent_at, outcome, started, reached=reached)

    def _sent(self, request: Request) -> Answer:
        lost = Ambiguous if request.writes else Unavailable
        try:
            answer = self._send(request)
        except NeverSent as error:
            raise Unavailable(self._broker, self._hidden(f"{error} for {request.path}")) from None
        except AnswerLost as error:
            if error.partial:
                self._keep(request, Answer(NO_ANSWER, {}, self._credential.scrub_bytes(error.partial)))
            if error.partial and not request.writes:
                raise unreadable(self._broker, f"{request.path}: {error}", shown(error.partial)) from None
            raise lost(self._broker, self._hidden(f"{error} for {request.path}")) from None
        answer = Answer(answer.status, answer.headers, self._credential.scrub_bytes(answer.body))
        self._keep(request, answer)
        if not request.data_host and (said := self._says(answer, self._clock())) is not None:
            self._budget.heed(said)
        return answer

    def _read(self, request: Request, answer: Answer, parse: Callable[[object], T]) -> T:
        error = self._judge(request, answer)
        if error is not None:
            raise error
        try:
            return parse(self._content(answer.body) if answer.body else None)
        except Malformed as malformed:
            if request.writes:
                raise Ambiguous(self._broker, f"unreadable answer to {request.path}: {malformed}") from malformed
            received = malformed.received or answer.text
            raise unreadable(self._broker, f"{request.path}: {malformed}", received) from malformed

    def _by_status(self, refused: Refused) -> Judge:
        def judge(request: Request, answer: Answer) -> BrokerError | None:
            return error_of(self._broker, answer, writes=request.writes, refused=refused, now=self._clock())

        return judge

    def _keep(self, request: Request, answer: Answer) -> None:
        """Keep an answer from which our secrets were removed."""
        path = self._path(request)
        self._answers.append(RawAnswer(request.part, path, answer.status, self._clock(), answer.body))

    def _audit(
        self,
        request: Request,
        answer: Answer | None,
        sent_at: datetime,
        outcome: str,
        started: float,
        *,
        reached: bool,
    ) -> None:
        status, size = (answer.status, len(answer.body)) if answer else (NO_ANSWER, 0)
        elapsed_ms = round((time.perf_counter() - started) * 1000)
        about = (self._broker, request.part, request.method, self._path(request))
        call = Call(
            *about, sent_at, status, outcome, size, elapsed_ms, _client_order_id(request), reached, _limits(answer)
        )
        self._calls.note(call)
        _log.debug("%s %s %s -> %s %s, %s bytes", call.broker, call.method, call.path, status, outcome, size)

    def _path(self, request: Request) -> str:
        """What the call is kept and audited under; of one request the same twice."""
        if self._told[0] is not request:
            query = "" if request.writes or not request.params else f"?{urlencode(request.params)}"
            self._told = (request, self._hidden(f"{request.path}{query}"))
        return self._told[1]

    def _hidden(self, text: str) -> str:
        return self._credential.scrub(text)


def _unexplained(broker: str) -> Refused:
    return lambda refusal: Rejected(broker, refusal.message, code=refusal.code)


def _client_order_id(request: Request) -> str | None:
    """The order that a call is about, where it says so in a field."""
    found = next((request.params[name] for name in _ORDER_IDS if request.params.get(name)), None)
    return None if found is None else str(found)


def _limits(answer: Answer | None) -> str:
    """`180 of 200 left`, as most venues say it in headers."""
    headers = answer.headers if answer is not None else {}
    left, most = headers.get("x-ratelimit-remaining"), headers.get("x-ratelimit-limit")
    return f"{left} of {most} left" if left and most else ""
