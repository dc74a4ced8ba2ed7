"""alpaca-py's TradingClient as signed transport: it adds the headers and the URL, and nothing else.

Left to itself it resends POSTs on 429 and 504 (an accepted order then comes back as a duplicate), waits without end,
and hands over floats. Here each request leaves once, within bounds, and its answer comes back as bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import requests
from alpaca.trading.client import TradingClient

from brokers.credentials import Credential
from brokers.http.answers import Answer, Request
from brokers.http.bounded import BoundedAdapter


class SignedClient(TradingClient):
    """TradingClient whose get, post, patch and delete return the `requests.Response` itself, unjudged."""

    def __init__(self, credential: Credential, endpoint: str, read_s: float, *, behind_proxy: bool) -> None:
        if credential.is_token:
            super().__init__(oauth_token=credential.secret, url_override=endpoint)
        else:
            super().__init__(credential.key_id, credential.secret, url_override=endpoint)
        self._retry = 0
        self._session.trust_env = behind_proxy
        self._session.mount("https://", BoundedAdapter(read_s))
        self._session.mount("http://", BoundedAdapter(read_s))

    def _one_request(self, method: str, url: str, opts: dict[str, Any], _: int) -> Any:
        return self._session.request(method, url, **opts)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()


def send(client: SignedClient, request: Request, data_host: str) -> Answer:
    """One request through the SDK. Raises NeverSent or AnswerLost."""
    version, _, path = request.path.lstrip("/").partition("/")
    response = _sent(client, request, version, f"/{path}", data_host)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, response.content)


def _sent(client: SignedClient, request: Request, version: str, path: str, data_host: str) -> requests.Response:
    params = dict(request.params) or None
    verbs: dict[str, Callable[..., Any]] = {"POST": client.post, "PATCH": client.patch, "DELETE": client.delete}
    if request.method in verbs:
        return cast(requests.Response, verbs[request.method](path, params))
    elsewhere = {"base_url": data_host} if request.data_host else {}
    return cast(requests.Response, client.get(path, params, api_version=version, **elsewhere))
