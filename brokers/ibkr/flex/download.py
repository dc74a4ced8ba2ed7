"""The two requests of the Flex web service: order a statement, then ask for it until it is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from brokers.credentials import Credential
from brokers.http.answers import Request
from brokers.http.calls import CallLog
from brokers.http.door import Door
from brokers.http.errors import Refusal
from brokers.http.limiter import RequestBudget
from brokers.http.telling import is_loopback
from brokers.http.transport import Transport
from brokers.ibkr.codes import BROKER
from brokers.ibkr.flex.report import report_of
from brokers.ibkr.flex.words import Word, word_of
from tieout.errors import BrokerError, ConfigError, Rejected, Unavailable
from tieout.snapshots import RawAnswer

ENDPOINT = "https://ndcdyn.interactivebrokers.com/AccountManagement/FlexWebService"
PATIENCE_S = 120.0  # a year of a busy account takes a minute
_VERSION = "3"
_PER_MINUTE = 10  # what one token may ask
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 20.0


class FlexService:
    """The statements of one query.

    credential   key id: the query's number; secret: the token
    patience_s   how long a statement may take to be made
    sleep        how to wait, seconds
    """

    def __init__(
        self,
        credential: Credential,
        timeout_s: float,
        clock: Callable[[], datetime],
        *,
        endpoint: str = ENDPOINT,
        patience_s: float = PATIENCE_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        local = is_loopback(endpoint)
        if not endpoint.startswith("https://") and not local:
            raise ConfigError(f"flex_endpoint {endpoint!r} would send the token unencrypted; use https")
        self._credential = credential
        self._patience_s = patience_s
        self._sleep = sleep
        self._transport = Transport(endpoint, {"User-Agent": "tieout/1"}, timeout_s, behind_proxy=not local)
        self._door = Door(
            BROKER,
            self._transport.send,
            refused=_refused,
            credential=credential,
            budget=RequestBudget(BROKER, f"{endpoint} {credential.secret}", _PER_MINUTE if not local else 6_000, None),
            clock=clock,
            read=bytes,
        )

    @property
    def answers(self) -> tuple[RawAnswer, ...]:
        """Every answer as it came, the token removed."""
        return self._door.answers

    @property
    def calls(self) -> CallLog:
        """What was asked."""
        return self._door.log

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()
        self._door.close()

    def statement(self, account: str, first: date, last: date) -> Any:
        """The account's statement of `first` to `last`, both included, as ibflex reads it.

        raises   Unauthorised for a token that lapsed; RateLimited; Unavailable where it was not ready in time or holds
                 no statement of the account; Unreadable for a file that is cut short or says what nobody knows
        """
        days = {"fd": f"{first:%Y%m%d}", "td": f"{last:%Y%m%d}"}
        reference = self._ordered(days)
        waited, pause = 0.0, _FIRST_PAUSE_S
        while True:
            found = self._door.ask(self._request("GetStatement", {"q": reference}), report_of)
            if not isinstance(found, Word):
                return _of_account(found, account)
            if not found.is_not_ready:
                raise found.error()
            if waited >= self._patience_s:
                raise Unavailable(
                    BROKER, f"Flex: no statement within {self._patience_s:g} s: {found.message}", code=found.code
                )
            self._sleep(pause)
            waited, pause = waited + pause, min(pause * 2, _LONGEST_PAUSE_S)

    def _ordered(self, days: dict[str, str]) -> str:
        """The number under which the statement will be there."""
        word = self._door.ask(self._request("SendRequest", {"q": self._credential.key_id, **days}), word_of)
        if word is None or not word.reference:
            error = word.error() if word else Unavailable(BROKER, "Flex answered an order with a statement")
            raise error
        return word.reference

    def _request(self, verb: str, params: dict[str, str]) -> Request:
        return Request("activities", "GET", f"/{verb}", {"t": self._credential.secret, **params, "v": _VERSION})


def _of_account(report: Any, account: str) -> Any:
    found = [one for one in report.FlexStatements if one.accountId == account]
    if len(found) != 1:
        raise Unavailable(BROKER, f"Flex: the report has {len(found)} statements of the account, not one")
    return found[0]


def _refused(refusal: Refusal) -> BrokerError:
    return Rejected(BROKER, f"Flex: HTTP {refusal.status}: {refusal.message}", code=refusal.code)
