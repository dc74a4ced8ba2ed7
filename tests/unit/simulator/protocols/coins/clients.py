"""The venues' real client, pointed at a face: addresses and error tables stay, the transport goes elsewhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from simulator.protocols.http_face import HttpFace
from tests.unit.simulator.protocols.coins.world import KEY, SECRET


class Loopback(HTTPAdapter):
    """Sends what is meant for a venue to its face."""

    def __init__(self, face: HttpFace) -> None:
        super().__init__()
        self._face = urlsplit(face.base_url)

    def send(self, request: requests.PreparedRequest, *args: Any, **named: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        request.headers["Host"] = str(parts.netloc)
        request.url = parts._replace(scheme=self._face.scheme, netloc=self._face.netloc).geturl()
        return super().send(request, *args, **named)


def connected(kind: Any, face: HttpFace, **settings: Any) -> Any:
    """An exchange of the real library that talks to a face."""
    options = {"fetchCurrencies": False, **settings.pop("options", {})}
    given = {"apiKey": KEY, "secret": SECRET, "timeout": 5_000, "number": str, "enableRateLimit": False, **settings}
    exchange = kind({**given, "options": options})
    exchange.session.mount("https://", Loopback(face))
    return exchange


def exact(*texts: str) -> tuple[Decimal, ...]:
    """Numbers as they stand in the client's records, digit for digit but for zeros at the end."""
    return tuple(Decimal(text) for text in texts)


def pointed_at(exchange: Any, face: HttpFace) -> Any:
    """An exchange whose addresses, those of its streams too, all lead to a face."""
    host = urlsplit(face.base_url).netloc

    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: moved(one) for name, one in value.items()}
        if not isinstance(value, str) or "://" not in value:
            return value
        parts = urlsplit(value)
        scheme = "ws" if parts.scheme.startswith("ws") else "http"
        return parts._replace(scheme=scheme, netloc=host).geturl()

    exchange.urls["api"] = moved(exchange.urls["api"])
    return exchange
