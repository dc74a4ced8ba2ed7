"""A `requests` transport with bounds: time to connect, time between bytes, time in all, and size.

SDKs built on `requests` set none of these. Mounted on their session, this adapter also sorts what went wrong into the
two cases that matter: never sent, or sent and not answered.
"""

from __future__ import annotations

import ssl
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from brokers.http.answers import MAX_BYTES, AnswerLost, NeverSent

CONNECT_S = 5.0
_CHUNK = 64 * 1024
_WHOLE_ANSWER = 6  # a body may take so many read timeouts in all, however steadily it drips


class BoundedAdapter(HTTPAdapter):
    """Sends once, reads at most `max_bytes`, and raises NeverSent or AnswerLost, nothing else."""

    def __init__(self, read_s: float, max_bytes: int = MAX_BYTES) -> None:
        self._read_s = read_s
        self._max_bytes = max_bytes
        super().__init__(max_retries=0)

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        """As HTTPAdapter, with the body already read."""
        options |= {"timeout": (min(CONNECT_S, self._read_s), self._read_s), "stream": True}
        try:
            response = super().send(request, **options)
        except requests.RequestException as error:
            raise failure_of(error) from None  # the original holds the request, and the request its secret headers
        response._content = self._read(response)
        response._content_consumed = True
        return response

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        deadline = time.monotonic() + self._read_s * _WHOLE_ANSWER
        try:
            # read1 hands over what has arrived: the part before a broken connection is evidence, and is kept
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > self._max_bytes:
                    raise AnswerLost(f"the answer is larger than {self._max_bytes} bytes", bytes(body[:_CHUNK]))
                if time.monotonic() > deadline:
                    raise AnswerLost("the answer took too long to arrive", bytes(body))
        except (HTTPError, OSError) as error:
            raise AnswerLost(
                f"the answer broke off after {len(body)} bytes ({type(error).__name__})", bytes(body)
            ) from None
        finally:
            response.close()
        return bytes(body)


def failure_of(error: requests.RequestException) -> NeverSent | AnswerLost:
    """Which of the two cases a failure of `requests` is; without proof that nothing left, the answer is lost."""
    if isinstance(error, requests.ReadTimeout):
        return AnswerLost("no answer in time")
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError) or _refused(error):
        return NeverSent(f"no connection ({_name(error)})")
    return AnswerLost(f"the connection broke ({_name(error)})")


def _refused(error: requests.RequestException) -> bool:
    """Whether the connection was never made: refused, name not resolved, certificate not trusted."""
    outer = error.args[0] if error.args else None
    reason = outer.reason if isinstance(outer, MaxRetryError) else outer
    untrusted = any(isinstance(part, ssl.SSLCertVerificationError) for part in getattr(reason, "args", ()))
    return isinstance(reason, NewConnectionError) or untrusted


def _name(error: BaseException) -> str:
    outer = error.args[0] if error.args else None
    inner = getattr(outer, "reason", outer)
    return type(inner).__name__ if isinstance(inner, BaseException) else type(error).__name__
