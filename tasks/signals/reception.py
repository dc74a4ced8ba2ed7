"""What a post to the webhook is answered: every check in its order, and at the end a signal. Never an order.

The order matters: what costs nothing comes first, nothing is read of a body that will not be taken, and what strangers
send is not kept. Only a sender who has proven the secret gets their refused signals kept with their content.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from tasks.signals.deliver import judge, refused
from tieout.errors import RateLimited, StoreError
from tieout.lanes import Lane, Lanes
from tieout.redact import redact_text
from tieout.settings import Settings
from tieout.signals.document import read_json
from tieout.signals.formats import SECRET
from tieout.signals.parse import STRATEGY
from tieout.signals.rules import rules_for
from tieout.signals.settings import Network
from tieout.signals.types import Arrival, Kept, Refusal, RefusalCode, RefusedError, Signal, SignalState, Source

if TYPE_CHECKING:
    from brokers.http.limiter import RequestBudget
    from sql.journal import Journal

SECRET_HEADER = "x-tieout-secret"  # noqa: S105 - the header's name  # pragma: allowlist secret
CONTENT_TYPES = frozenset({"application/json", "text/plain"})  # TradingView sends text where a message is no valid JSON
UNKNOWN = "an unknown address"
MOST_SENDERS = 256  # addresses whose rate is remembered
_PATH = re.compile(r"/signals/([^/]+)")
_LENGTH = re.compile(r"[0-9]{1,12}", re.ASCII)
_STATUS = {RefusalCode.UNREADABLE: 400, RefusalCode.TOO_LARGE: 413}  # what was understood and is wrong: 422
_log = logging.getLogger("tieout.webhook")


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a post before its body is read.

    peer       address of the connection
    headers    names in lower case -> every value that was sent
    """

    peer: str
    method: str
    path: str
    headers: Mapping[str, Sequence[str]]

    def one(self, name: str) -> str | None:
        """A header that must not be there twice; several are none."""
        values = self.headers.get(name, ())
        return values[0].strip() if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender gets: a status and a JSON object."""

    status: int
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)


def no(status: int, code: str, words: str, **more: object) -> Answer:
    """A refusal that its sender can read."""
    return Answer(status, {"error": code, "reason": words, **more})


class Reception:
    """Judges posts; safe to share between threads.

    secrets    the values that open it, at least one
    clock      the present moment, UTC
    """

    def __init__(
        self, journal: Journal, settings: Settings, secrets: Sequence[str], clock: Callable[[], datetime]
    ) -> None:
        self._journal = journal
        self._settings = settings
        self._webhook = settings.signals.webhook
        self._rules = rules_for(settings, Source.WEBHOOK)
        self._secrets = tuple(secrets)
        self._digests = tuple(_digest(one) for one in secrets)
        self._clock = clock
        self._budgets: OrderedDict[str, RequestBudget] = OrderedDict()
        self._lock = threading.Lock()
        self._noted: tuple[str, set[RefusalCode]] = ("", set())

    def knows(self, peer: str) -> bool:
        """Whether anything at all is read from that address."""
        return _within(peer, (*self._webhook.allowed, *self._webhook.proxies))

    def stranger(self, peer: str) -> Answer:
        """The answer to an address that nothing is read from."""
        return self._turn_away(403, RefusalCode.WRONG_ADDRESS, "this address may not post signals", peer)

    def before_body(self, head: Head) -> Answer | None:
        """The refusal that needs no body; None where the body may be read: `length` bytes of it."""
        sender = self.sender(head)
        if not _within(sender, self._webhook.allowed):
            return self.stranger(sender)
        return self._wrong_place(head) or self._too_fast(sender) or self._wrong_body(head) or self._wrong_header(head)

    def answer(self, head: Head, body: bytes) -> Answer:
        """The answer to a post that `before_body` let through."""
        by_header = SECRET_HEADER in head.headers
        try:
            payload = read_json(body)
        except RefusedError as error:
            if not by_header:  # the body should have proven itself and cannot
                return self._no_secret(head, "; a body that carries it must be valid JSON")
            return self._keep(head, refused(error, body, self._arrival(head), self._secrets))
        if not by_header and not self._opens(payload.get(SECRET) if isinstance(payload, dict) else None):
            return self._no_secret(head)
        return self._keep(head, judge(payload, self._arrival(head), self._rules, self._secrets))

    def sender(self, head: Head) -> str:
        """The address that posts: the connection's, or behind our own proxies the last one that they did not add."""
        sender = head.peer
        hops = [one.strip() for value in head.headers.get("x-forwarded-for", ()) for one in value.split(",")]
        if hops and not _within(sender, self._webhook.proxies):
            return UNKNOWN  # somebody stands in between whom nobody named: then the connection's address proves nothing
        while hops and _within(sender, self._webhook.proxies):
            sender = hops.pop()
        return sender if _is_address(sender) else UNKNOWN

    def close(self) -> None:
        """Let go of the budgets."""
        with self._lock:
            for one in self._budgets.values():
                one.close()
            self._budgets.clear()

    def _wrong_place(self, head: Head) -> Answer | None:
        found = _PATH.fullmatch(head.path)
        if found is None or not STRATEGY.fullmatch(found[1]) or redact_text(found[1], self._secrets) != found[1]:
            return no(404, "not_found", "post to /signals/STRATEGY, a name of letters, digits, . _ or -")
        if head.method != "POST":
            return Answer(405, {"error": "method", "reason": "signals are posted"}, {"Allow": "POST"})
        return None

    def _too_fast(self, sender: str) -> Answer | None:
        try:
            self._budget(sender).spend(Lane.ORDERS)  # the lane that has all of it
        except RateLimited:
            words = f"more than {self._webhook.per_minute} posts in a minute"
            return Answer(429, {"error": "rate", "reason": words}, {"Retry-After": "60"})
        return None

    def _budget(self, sender: str) -> RequestBudget:
        from brokers.http.limiter import RequestBudget

        with self._lock:
            if sender not in self._budgets:
                at_once = Lanes(orders_wait_s=0)
                self._budgets[sender] = RequestBudget("webhook", sender, self._webhook.per_minute, None, at_once)
            self._budgets.move_to_end(sender)
            if len(self._budgets) > MOST_SENDERS:
                self._budgets.popitem(last=False)[1].close()
            return self._budgets[sender]

    def _wrong_body(self, head: Head) -> Answer | None:
        if "transfer-encoding" in head.headers:
            return no(411, "length", "send the body whole, with its Content-Length")
        length = head.one("content-length")
        if length is None:
            return no(411, "length", "one Content-Length is needed")
        if not _LENGTH.fullmatch(length):
            return no(400, "length", "Content-Length must be a number of bytes")
        if int(length) > self._webhook.max_bytes:
            words = f"{int(length)} bytes, {self._webhook.max_bytes} are the most"
            return no(413, RefusalCode.TOO_LARGE.value, words)
        kind = (head.one("content-type") or "").partition(";")[0].strip().lower()
        if kind not in CONTENT_TYPES:
            return no(415, "content_type", "send application/json, or text/plain that is JSON")
        return None

    def _wrong_header(self, head: Head) -> Answer | None:
        if SECRET_HEADER in head.headers and not self._opens(head.one(SECRET_HEADER)):
            return self._no_secret(head)
        return None

    def _opens(self, given: Kept) -> bool:
        """Compared by digest and with every secret, so that the time it takes tells neither length nor content."""
        told = _digest(given if isinstance(given, str) else "")
        return sum(hmac.compare_digest(told, one) for one in self._digests) > 0

    def _no_secret(self, head: Head, more: str = "") -> Answer:
        words = f"the secret is missing or wrong; send it as header X-Tieout-Secret or as field {SECRET!r}{more}"
        return self._turn_away(401, RefusalCode.WRONG_SECRET, words, self.sender(head))

    def _turn_away(self, status: int, code: RefusalCode, words: str, sender: str) -> Answer:
        """Told to operations once an hour and kind, and without any content: strangers do not fill our tables."""
        _log.warning("%d %s: a post from %s was turned away", status, code.value, sender)
        now = self._clock()
        if self._is_first(f"{now:%Y-%m-%dT%H}Z", code):
            self._note(code, now, sender)
        return no(status, code.value, words)

    def _is_first(self, hour: str, code: RefusalCode) -> bool:
        with self._lock:
            if self._noted[0] != hour:
                self._noted = (hour, set())
            known = code in self._noted[1]
            self._noted[1].add(code)
            return not known

    def _note(self, code: RefusalCode, now: datetime, sender: str) -> None:
        from sql.signals import append_signal

        raw: dict[str, Kept] = {"hour": f"{now:%Y-%m-%dT%H}Z", "turned_away": code.value}
        words = f"posts were turned away in this hour, the first from {sender}"
        try:
            with self._journal.write() as connection:
                append_signal(connection, Refusal(code, words, Source.WEBHOOK, now, raw=raw), now)
        except StoreError as error:
            _log.error("a post that was turned away could not be noted: %s", error)

    def _arrival(self, head: Head) -> Arrival:
        found = _PATH.fullmatch(head.path)
        return Arrival(Source.WEBHOOK, self._clock(), found[1] if found else None)

    def _keep(self, head: Head, judged: Signal | Refusal) -> Answer:
        from sql.signals import append_signal, read_signal

        try:
            with self._journal.write() as connection:
                done = append_signal(connection, judged, self._clock())
                row = read_signal(connection, done.signal_id)
        except StoreError as error:
            _log.error("503: a signal could not be stored: %s", error)
            return no(503, "store", "the signal could not be stored; send it again")
        if done.refusal is not None:
            return self._refusal(head, done.refusal)
        state = row["state"] if row else SignalState.PENDING.value
        _log.info("202: %s from %s is %s", done.signal_id, self.sender(head), "new" if done.new else "known")
        return Answer(202, {"signal_id": done.signal_id, "state": state, "new": done.new})

    def _refusal(self, head: Head, refusal: Refusal) -> Answer:
        words = redact_text(refusal.words, self._secrets)
        status = _STATUS.get(refusal.code, 422)
        _log.warning("%d %s: a signal from %s was refused: %s", status, refusal.code, self.sender(head), words)
        return no(status, refusal.code.value, words, field=redact_text(refusal.field_name, self._secrets))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _within(address: str, networks: Sequence[Network]) -> bool:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in one for one in networks)
