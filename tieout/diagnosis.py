"""From what a call to a broker came to, to its cause and what to do about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tieout.errors import BrokerError, ConfigError, RateLimited, TieoutError, Unauthorised, Unavailable, Unreadable

NO_STATUS = 0


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer.

    subject   an account, a store, or `settings`
    detail    what was found
    advice    what to do where it is not right
    """

    subject: str
    name: str
    ok: bool
    detail: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class LastCall:
    """How the last call ended.

    status     HTTP status, or the venue's own code; 0 without an answer
    reached    False where no connection was made at all
    """

    status: int
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong, and what to do."""

    cause: str
    fix: str


def diagnose(error: TieoutError, last: LastCall | None, where: str) -> Diagnosis:
    """The cause of a failed question to a broker.

    last     None where no call was made
    where    the endpoint, for the advice
    """
    if isinstance(error, ConfigError):
        return Diagnosis("wrong mode or settings", "correct `mode`, `credential` or `base_currency` of the account")
    if isinstance(error, BrokerError) and error.advice:
        return Diagnosis(f"{error.code or 'refused'}: {_WORDS.get(type(error), 'the venue said no')}", error.advice)
    known = next((status for kind, status in _BY_ERROR if isinstance(error, kind)), None)
    status = known if last is None or last.status in (NO_STATUS, 200) else last.status
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if isinstance(error, Unreadable):
        return Diagnosis("wrong port: something else answers", f"{where} is no such endpoint: check `endpoint`")
    return _unanswered(last, where)


def _unanswered(last: LastCall | None, where: str) -> Diagnosis:
    if last is not None and not last.reached:
        return Diagnosis("wrong port, or nobody listens", f"check `endpoint` and the port, and that {where} is up")
    if last is not None and last.status == NO_STATUS:
        return Diagnosis("timeout: no answer", f"check the network to {where}, or raise `timeout_s`")
    if last is not None and last.status >= 500:
        return Diagnosis(f"{last.status}: the venue is in trouble", "wait, and look at the venue's status page")
    return Diagnosis("refused", f"read what the venue says, and check the account and `endpoint` ({where})")


_WORDS: dict[type[BrokerError], str] = {
    Unauthorised: "the key, its rights or its addresses",
    RateLimited: "too many requests",
    Unavailable: "the venue did not look at it",
}
_BY_ERROR = ((Unauthorised, 401), (RateLimited, 429))
_BY_STATUS = {
    401: Diagnosis("401: the key is wrong or has lapsed", "set the right key and secret, or make a new key"),
    403: Diagnosis("403: a right is missing", "give the key this right at the venue, or subscribe to the data"),
    407: Diagnosis("407: the proxy wants a login", "set HTTPS_PROXY with its user, or NO_PROXY for the venue"),
    354: Diagnosis("354: a right is missing: market data", 'subscribe to the data, or set market_data = "delayed"'),
    429: Diagnosis("429: too many requests", "lower `requests_per_minute`; look who else uses this key"),
}
