"""What the Flex service answers in place of a statement. Source: the vendor's list of Flex web service error codes.

| codes                                   | means                                    | leaf                       |
| --------------------------------------- | ---------------------------------------- | -------------------------- |
| 1001 1004–1009 1019 1021                | not ready: ask again shortly             | none, until patience ends  |
| 1018                                    | too many requests from this token        | RateLimited                |
| 1011 1012 1013 1015                     | the token: inactive, expired, other IP   | Unauthorised               |
| 1010 1014 1016                          | the query: outdated, invalid, account    | Rejected                   |
| 1003 1017 1020, and any other           | no statement now                         | Unavailable                |
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from brokers.ibkr.codes import BROKER
from tieout.errors import BrokerError, Malformed, RateLimited, Rejected, Unauthorised, Unavailable
from tieout.redact import beginning

_NOT_READY = frozenset({"1001", "1004", "1005", "1006", "1007", "1008", "1009", "1019", "1021"})
_TOKEN = frozenset({"1011", "1012", "1013", "1015"})
_QUERY = frozenset({"1010", "1014", "1016"})
_TOO_MANY = "1018"
_WAIT_S = 60.0  # the service counts requests by the minute
SHOWN = 300  # characters of an answer in a message
_RESPONSE, _REPORT = "FlexStatementResponse", "FlexQueryResponse"


@dataclass(frozen=True, slots=True)
class Word:
    """An answer that is no statement."""

    status: str
    code: str
    message: str
    reference: str

    @property
    def is_not_ready(self) -> bool:
        """Whether to ask again shortly."""
        return self.code in _NOT_READY

    def error(self) -> BrokerError:
        """The leaf that it means."""
        words = f"Flex: {self.message or self.status}"
        if self.code == _TOO_MANY:
            limited = RateLimited(BROKER, words, code=self.code)
            limited.retry_after_s = _WAIT_S
            return limited
        if self.code in _TOKEN:
            hint = "a person makes a new token in the portal; the old one ends at once"
            return Unauthorised(BROKER, f"{words} ({hint})", code=self.code)
        leaf = Rejected if self.code in _QUERY else Unavailable
        return leaf(BROKER, words, code=self.code or None)


def word_of(body: object) -> Word | None:
    """The word that an answer is; None for a statement. Raises Malformed for anything else: HTML, half a file."""
    if not isinstance(body, bytes):
        raise Malformed("Flex answered nothing")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - expat bounds entities by itself; our own venue's file
    except ElementTree.ParseError as error:
        raise Malformed(f"Flex answered no whole XML file ({error})", received=beginning(body, SHOWN)) from None
    if root.tag == _REPORT:
        return None
    if root.tag != _RESPONSE:
        raise Malformed(f"Flex answered <{root.tag}>", received=beginning(body, SHOWN))
    names = ("Status", "ErrorCode", "ErrorMessage", "ReferenceCode")
    found = [(root.findtext(name) or "").strip() for name in names]
    return Word(*found)
