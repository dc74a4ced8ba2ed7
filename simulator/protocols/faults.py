"""Faults a face can be told to have: what the wire does on a bad day.

A fault names the requests it strikes, how many it lets pass first, how many it strikes, and what it does to them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol
from xml.etree import ElementTree

from simulator.protocols.wire import FaceAnswer, FaceRequest, from_json

HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
ALWAYS = 1_000_000
_ROWS = ("items", "list", "rows", "data", "result", "orders", "fills", "accounts", "balances", "positions", "products")

Answer = Callable[[FaceRequest], FaceAnswer]


class Effect(Protocol):
    """What happens to one request."""

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer: ...


@dataclass(frozen=True, slots=True)
class Status:
    """Another status and body. `booked`: the venue did what was asked before it failed to say so."""

    status: int
    body: bytes = b'{"code":50010000,"message":"internal server error occurred"}'
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    booked: bool = False

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        if self.booked:
            answer(request)
        return FaceAnswer(self.status, self.body, self.headers)


def html(status: int = 502, *, booked: bool = False) -> Status:
    """A gateway's own page where the venue's JSON should be."""
    return Status(status, HTML, {"Content-Type": "text/html"}, booked)


@dataclass(frozen=True, slots=True)
class Truncate:
    """Only the first `at` bytes of the body. `honest`: the length header agrees, so that only the JSON is broken."""

    at: int
    honest: bool = True

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        whole = answer(request)
        return replace(whole, body=whole.body[: self.at]) if self.honest else replace(whole, cut_at=self.at)


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection breaks, before the venue acted or after."""

    booked: bool = False

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        if self.booked:
            answer(request)
        return FaceAnswer(reset=True)


@dataclass(frozen=True, slots=True)
class Delay:
    """The venue acts, and answers late. Not `booked`: it never got the request, and breaks off in the end."""

    seconds: float
    booked: bool = True

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        whole = answer(request) if self.booked else FaceAnswer(reset=True)
        return replace(whole, wait_s=self.seconds)


@dataclass(frozen=True, slots=True)
class SetField:
    """One field of one row (or of the object) becomes `value`: null, NaN, a class nobody knows."""

    name: str
    value: object = None
    row: int = 0

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        whole = answer(request)
        body = from_json(whole.body)
        listed = _listed(body)
        target = listed[self.row] if listed is not None and len(listed) > self.row else body
        if isinstance(target, dict):
            target[self.name] = self.value
        return whole.with_json(body)


@dataclass(frozen=True, slots=True)
class DropRows:
    """A list comes without its first rows. `noticed`: where the list states its length, it states the shorter one."""

    count: int = 1
    noticed: bool = True

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        whole = answer(request)
        body = from_json(whole.body)
        listed = _listed(body)
        if listed is None:
            return whole
        dropped = len(listed[: self.count])
        del listed[: self.count]
        if self.noticed and isinstance(body, dict) and isinstance(body.get("count"), int):
            body["count"] -= dropped
        return whole.with_json(body)


@dataclass(frozen=True, slots=True)
class RowAgain:
    """A list has one of its rows twice: a record that is shown again under the id it has."""

    row: int = 0

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        return _with_rows(answer(request), lambda rows: [*rows, *rows[self.row : self.row + 1]])


@dataclass(frozen=True, slots=True)
class WithoutRows:
    """A list lacks its rows whose field has some value: one half of what belongs together is not shown."""

    name: str
    value: object

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        return _with_rows(answer(request), lambda rows: [row for row in rows if not self._is_meant(row)])

    def _is_meant(self, row: object) -> bool:
        return isinstance(row, dict) and row.get(self.name) == self.value


@dataclass(frozen=True, slots=True)
class ElementAgain:
    """An XML report has the first element of one name twice, wherever it stands."""

    name: str

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        whole = answer(request)
        root = ElementTree.fromstring(whole.body)  # noqa: S314 - made by the face beside us
        for parent in root.iter():
            if (found := parent.find(self.name)) is not None:
                parent.append(found)
                return replace(whole, body=ElementTree.tostring(root))
        return whole


@dataclass(frozen=True, slots=True)
class SameAgain:
    """Whatever is asked, the first answer of that path comes again: a page that repeats for ever."""

    first: dict[str, FaceAnswer] = field(default_factory=dict)

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        return self.first.setdefault(request.path, answer(request))


@dataclass(slots=True)
class Fault:
    """An effect on requests of one method and path (a path ending in `*` matches what starts with it)."""

    effect: Effect
    path: str = "*"
    method: str = "GET"
    skip: int = 0
    times: int = 1

    def takes(self, request: FaceRequest) -> bool:
        """Whether this request is struck; counts it."""
        if request.method != self.method or not _matches(self.path, request.path) or self.times <= 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Faults:
    """The faults of one face; the first that takes a request strikes it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, effect: Effect, path: str = "*", method: str = "GET", *, skip: int = 0, times: int = 1) -> None:
        """Strike `times` requests after letting `skip` of them pass."""
        with self._lock:
            self._faults.append(Fault(effect, path, method, skip, times))

    def clear(self) -> None:
        """No faults any more."""
        with self._lock:
            self._faults.clear()

    def through(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        """The answer, struck or not."""
        with self._lock:
            struck = next((fault for fault in self._faults if fault.takes(request)), None)
        return struck.effect.strike(request, answer) if struck else answer(request)


def _with_rows(whole: FaceAnswer, change: Callable[[list[object]], list[object]]) -> FaceAnswer:
    """An answer with other rows in its list; one without a list as it is."""
    body = from_json(whole.body)
    if (listed := _listed(body)) is None:
        return whole
    listed[:] = change(listed)
    return whole.with_json(body)


def _listed(body: object) -> list[object] | None:
    """The rows of an answer: the list it is, or the one that it carries under a name that venues use."""
    if isinstance(body, dict):
        inside = (_listed(body[name]) for name in _ROWS if name in body)
        return next((rows for rows in inside if rows is not None), None)
    return body if isinstance(body, list) else None


def _matches(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
