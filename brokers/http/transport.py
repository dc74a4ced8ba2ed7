"""httpx as transport: one request leaves once, within bounds, and its answer comes back as bytes."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping

import httpx

from brokers.http.answers import MAX_BYTES, Answer, AnswerLost, NeverSent, Request

logging.getLogger("httpx").setLevel(logging.WARNING)  # its line about each request quotes the URL, query and all

CONNECT_S = 5.0
_WHOLE_ANSWER = 6  # a body may take so many read timeouts in all, however steadily it drips
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Transport:
    """A client of one account.

    headers     sent with each request, the signing ones among them
    timeout_s   between two bytes of an answer; to connect at most five seconds
    """

    def __init__(self, endpoint: str, headers: Mapping[str, str], timeout_s: float, *, behind_proxy: bool) -> None:
        self._timeout_s = timeout_s
        self._client = httpx.Client(
            base_url=endpoint,
            headers=dict(headers),
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            trust_env=behind_proxy,
        )

    def send(self, request: Request) -> Answer:
        """Send once. Raises NeverSent or AnswerLost; httpx's own errors hold the signed request and stay here."""
        received = bytearray()
        try:
            with self._client.stream(
                request.method,
                request.path,
                params=None if request.writes else {name: str(value) for name, value in request.params.items()},
                content=json.dumps(dict(request.params)).encode() if request.writes and request.params else None,
            ) as response:
                self._read(response, received)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, headers, bytes(received))
        except _NEVER_SENT as error:
            raise NeverSent(f"no connection ({type(error).__name__})") from None
        except httpx.ReadTimeout:
            raise AnswerLost("no answer in time", bytes(received)) from None
        except httpx.RequestError as error:
            raise AnswerLost(f"the connection broke ({type(error).__name__})", bytes(received)) from None

    def close(self) -> None:
        """Close the pooled connections."""
        self._client.close()

    def _read(self, response: httpx.Response, received: bytearray) -> None:
        deadline = time.monotonic() + self._timeout_s * _WHOLE_ANSWER
        for chunk in response.iter_bytes():
            received += chunk
            if len(received) > MAX_BYTES:
                raise AnswerLost(f"the answer is larger than {MAX_BYTES} bytes", bytes(received[:1000]))
            if time.monotonic() > deadline:
                raise AnswerLost("the answer took too long to arrive", bytes(received))
