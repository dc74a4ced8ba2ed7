"""What comes back from one HTTP call, whatever client sent it, and the two ways in which nothing does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tieout.redact import beginning

MAX_BYTES = 32 * 1024 * 1024  # the largest honest answer is a contract list of some 5 MB
_SHOWN = 300
_PAGE = re.compile(rb"\s*<(?:!doctype html|html)", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Request:
    """One call, before it is signed.

    part     what it asks for (`positions`), the name under which the answer is kept
    path     from the root, version included (`/v2/positions`)
    params   query of a GET or DELETE, JSON body of a POST or PATCH
    """

    part: str
    method: str
    path: str
    params: Mapping[str, object] = field(default_factory=dict)
    data_host: bool = False  # market data lives at another host than trading

    @property
    def writes(self) -> bool:
        """Whether the call may change something over there."""
        return self.method not in {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers in lower case, and the body as bytes, decompressed but otherwise untouched."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body cut to a readable length, for messages."""
        return shown(self.body)


class NeverSent(Exception):
    """No connection was made: nothing can have happened."""


class AnswerLost(Exception):
    """The request may have arrived; its answer did not, or only `partial` of it."""

    def __init__(self, reason: str, partial: bytes = b"") -> None:
        super().__init__(reason)
        self.partial = partial


def shown(body: bytes) -> str:
    """The start of a body as text, without secrets."""
    if (page := _PAGE.match(body)) is not None:
        title = _TITLE.search(page.string)
        named = beginning(title.group(1).strip(), _SHOWN) if title else "no title"
        return (
            f"an HTML page where the venue's answer should be ({named}): a proxy, a firewall or a page of maintenance"
        )
    text = beginning(body, _SHOWN + 1)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(body)} bytes)"
