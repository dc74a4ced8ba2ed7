"""Requests and answers of the HTTP faces, and JSON whose numbers keep every digit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

_JSON = {"Content-Type": "application/json; charset=UTF-8"}
_NUMBER = "\ue000"  # marks text to be written as a bare number; a private-use character that no venue sends
_MARKED = re.compile(rb'"\\ue000([^"]*)"')


@dataclass(frozen=True, slots=True)
class FaceRequest:
    """One request as it arrived; header names in lower case, query values decoded.

    target   path and query as they were sent, for signatures over them
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # they hold the secrets
    body: bytes = b""
    target: str = field(default="", repr=False)

    def json(self) -> object:
        """The body as JSON, fractions exact; None where there is no body. Raises ValueError."""
        return json.loads(self.body, parse_float=Decimal) if self.body else None


@dataclass(frozen=True, slots=True)
class FaceAnswer:
    """What to send, and how to fail at it.

    cut_at     bytes of the body to send before the connection is cut; the length header still promises all of it
    reset      send nothing: the connection is reset
    wait_s     seconds to wait before sending
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: dict(_JSON))
    cut_at: int | None = None
    reset: bool = False
    wait_s: float = 0.0

    def with_json(self, value: object) -> FaceAnswer:
        """The same answer with another JSON body."""
        return replace(self, body=to_json(value))


def to_json(value: object) -> bytes:
    """JSON as venues write it: compact, Decimals as text."""
    return _MARKED.sub(rb"\1", json.dumps(value, separators=(",", ":"), default=str).encode())


def from_json(body: bytes) -> object:
    """What `to_json` writes again digit for digit. Raises ValueError."""
    return json.loads(body, parse_float=lambda text: _NUMBER + text)


def rows_of(body: bytes) -> list[list[str]]:
    """A body of `to_json` that is a list of rows of text. Raises ValueError for anything else."""
    rows = from_json(body)
    if not isinstance(rows, list):
        raise ValueError("a list of rows was expected")
    return rows


def bare(number: Decimal) -> str:
    """A number to stand without quotes in `to_json`."""
    return f"{_NUMBER}{number:f}"


def answered(value: object, status: int = 200) -> FaceAnswer:
    """A JSON answer."""
    return FaceAnswer(status, to_json(value))
