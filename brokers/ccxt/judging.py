"""From an answer, or from ccxt's own exception, to exactly one leaf.

ccxt's classes alone are not safe: a dropped connection and a refused one share a class, a body cut short is called an
ExchangeError, and so is the time-out of a matching engine. So this order, first hit wins:

    1  no connection was made                      Unavailable            (the door, before anything comes here)
    2  the answer is no JSON                       Ambiguous to a write   (likewise)
    3  HTTP 5xx                                    Ambiguous, whatever else it says
    4  HTTP 429, 418                               RateLimited: documented as not accepted
    5  a row of the venue's table                  that leaf
    6  ccxt's class, where it is definite          see `CLASSES`
    7  anything else, the bare ExchangeError too   Ambiguous

To a read, what is Ambiguous is Unavailable: it failed, and nothing can have happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from brokers.ccxt.rules import SEE_STATUS, USUAL, Rule, Said, first
from brokers.http.answers import Answer
from brokers.http.errors import error_of, retry_after
from tieout.errors import (
    Ambiguous,
    BrokerError,
    DuplicateOrder,
    InsufficientFunds,
    InvalidOrder,
    MarketClosed,
    NotFound,
    NotTradable,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
    Unsupported,
)

CLASSES: Mapping[str, type[BrokerError]] = {
    "InsufficientFunds": InsufficientFunds,
    "OrderNotFound": NotFound,
    "OrderNotCached": NotFound,
    "DuplicateOrderId": DuplicateOrder,
    "BadSymbol": NotTradable,
    "ContractUnavailable": NotTradable,
    "MarketClosed": MarketClosed,
    "InvalidOrder": InvalidOrder,
    "OrderImmediatelyFillable": InvalidOrder,  # a post-only order that would have taken
    "OrderNotFillable": InvalidOrder,
    "BadRequest": InvalidOrder,
    "ArgumentsRequired": InvalidOrder,
    "AuthenticationError": Unauthorised,
    "PermissionDenied": Unauthorised,
    "AccountNotEnabled": Unauthorised,  # the key's account may not do this until a person enables it there
    "AccountSuspended": Unauthorised,
    "OperationRejected": Rejected,
    "NoChange": Rejected,
    "MarginModeAlreadySet": Rejected,
    "ManualInteractionNeeded": Rejected,
    "RestrictedLocation": Rejected,
    "NotSupported": Unsupported,
    "InvalidNonce": Unavailable,  # refused by its time stamp, before anybody looked at what it asks
    "RateLimitExceeded": RateLimited,
}
"""Where ccxt's class is definite. Left out on purpose, so Ambiguous: ExchangeError (ccxt's word for whatever it does
not know, time-outs among it), OperationFailed and NetworkError (nobody knows what happened), RequestTimeout,
ExchangeNotAvailable and OnMaintenance (it may have gone down after it took the order), DDoSProtection (on Binance
it also stands for a refused key), BadResponse and NullResponse (an answer that says nothing), CancelPending."""


class Judge:
    """The judge of one venue's answers.

    rules    the venue's table, first hit wins
    said     what a body says in refusal, None where it refuses nothing
    wait_s   how long an answer says to wait
    """

    def __init__(
        self,
        broker: str,
        rules: Sequence[Rule],
        said: Callable[[object], Said | None],
        wait_s: Callable[[Answer, datetime], float | None] = retry_after,
    ) -> None:
        self._broker = broker
        self._wait_s = wait_s
        self._rules = rules
        self._said = said

    def of_answer(
        self, answer: Answer, content: object, named: Callable[[], str | None], now: datetime, *, tells: bool
    ) -> BrokerError | None:
        """The error that an answer in JSON means, None for a success.

        named    asks ccxt for the name of its class for it
        tells    the call was a write
        """
        said = self._said(content)
        if answer.status >= 500:
            return self._error(Ambiguous, said, f"HTTP {answer.status}: {answer.text}", tells, SEE_STATUS)
        if answer.status in (429, 418):
            return self._limited(answer, said, now)
        name = named()
        if said is None and answer.status < 300 and name is None:
            return None
        if 300 <= answer.status < 400:
            return self._error(Ambiguous, said, f"HTTP {answer.status}", tells)
        rule = None if said is None else first(self._rules, said)
        leaf = CLASSES.get(name or "", Ambiguous) if rule is None else rule.leaf
        do = (rule.do if rule is not None else "") or USUAL.get(leaf, "")
        return (
            self._limited(answer, said, now) if leaf is RateLimited else self._error(leaf, said, answer.text, tells, do)
        )

    def of_no_json(self, answer: Answer, now: datetime, *, tells: bool) -> BrokerError | None:
        """As `of_answer`, for a body that is no JSON; None leaves it to the reader of the content."""
        return error_of(
            self._broker, answer, writes=tells, refused=lambda one: Rejected(self._broker, one.message), now=now
        )

    def of_exception(self, name: str, words: str, *, sent: bool, tells: bool) -> BrokerError:
        """The error that an exception of ccxt's own means: what it refuses by itself, or reads in an answer.

        sent    a write has left meanwhile
        """
        if sent:
            return self._error(CLASSES.get(name, Ambiguous), None, words, tells)
        leaf = CLASSES.get(name, Unavailable)
        return leaf(self._broker, words)

    def _error(self, leaf: type[BrokerError], said: Said | None, words: str, tells: bool, do: str = "") -> BrokerError:
        if not tells:
            leaf = {Ambiguous: Unavailable, InvalidOrder: Rejected}.get(leaf, leaf)
        told = said.words if said is not None and said.words else words
        error = leaf(
            self._broker, f"{told.rstrip(' .')}; {do}" if do else told, code=None if said is None else said.code
        )
        error.advice = do
        return error

    def _limited(self, answer: Answer, said: Said | None, now: datetime) -> RateLimited:
        wait_s, banned = self._wait_s(answer, now), answer.status == 418
        told = "this address is banned" if banned else "too many requests"
        told += f" for {wait_s:.0f} s" if wait_s is not None and banned else ""
        told += f": {said.words.rstrip(' .')}" if said is not None and said.words else ""
        do = USUAL[RateLimited]
        error = RateLimited(self._broker, f"{told}; {do}", code=None if said is None else said.code)
        error.retry_after_s, error.advice = wait_s, do
        return error
