"""An OAuth 2 token endpoint: a refresh token or a login's code for an access token (RFC 6749, 4.1.3 and 6).

An exchange is a write: what came of one whose answer was lost is not known, and a refresh token may be spent by it. So
each request leaves once, and every failure is one leaf of the error tree: `Unavailable` only where nothing can have
happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from brokers.http.calls import About, CallLog, Came, noting
from brokers.http.telling import is_loopback
from tieout.errors import Ambiguous, ConfigError, RateLimited, Rejected, Unauthorised, Unavailable
from tieout.redact import remember

BROKER = "oauth"
_CONNECT_S = 5.0
_READ_S = 15.0
_SPENT = frozenset({"invalid_grant", "invalid_client", "unauthorized_client"})


@dataclass(frozen=True, slots=True)
class Grant:
    """What the token endpoint gave. Lifetimes count from when it was asked, so that they are never too long.

    refresh_token    None where the old one stays
    skew             how far the venue's clock is ahead of ours; None where it did not say
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    access_life: timedelta | None
    refresh_life: timedelta | None
    skew: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks. The client's secret goes into a Basic header, as the standard wants it."""

    token_url: str
    client_id: str = field(repr=False)
    client_secret: str | None = field(default=None, repr=False)


def refresh(client: Client, refresh_token: str, now: datetime, calls: CallLog) -> Grant:
    """Exchange a refresh token. `now` is UTC.

    calls     where the request is noted, for the audit trail
    raises    Unauthorised: it is refused for good. Ambiguous: it may be spent. Unavailable: nothing was sent
    """
    return _exchange(client, {"grant_type": "refresh_token", "refresh_token": refresh_token}, now, calls)


def exchange_code(client: Client, code: str, redirect_url: str, now: datetime, calls: CallLog) -> Grant:
    """Exchange the code that a person's login gave. Raises as `refresh` does."""
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_url}
    remember(code)
    return _exchange(client, asked, now, calls)


def _exchange(client: Client, asked: Mapping[str, str], now: datetime, calls: CallLog) -> Grant:
    _require_safe(client.token_url)
    about = About(BROKER, asked["grant_type"], "POST", urlsplit(client.token_url).path)
    with noting(calls, about, now) as came:
        return _granted(came, client, asked, now)


def _granted(came: Came, client: Client, asked: Mapping[str, str], now: datetime) -> Grant:
    import httpx

    auth = (client.client_id, client.client_secret) if client.client_secret else None
    data = dict(asked) if auth else {**asked, "client_id": client.client_id}
    patience = httpx.Timeout(_READ_S, connect=_CONNECT_S)
    try:
        with httpx.Client(timeout=patience, auth=auth, trust_env=not is_loopback(client.token_url)) as http:
            answer = http.post(client.token_url, data=data, headers={"Accept": "application/json"})
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        came.reached = False
        raise Unavailable(BROKER, f"the token endpoint cannot be reached ({type(error).__name__})") from None
    except httpx.RequestError as error:  # the exception holds the request, and so the token
        raise Ambiguous(BROKER, f"the answer of the token endpoint was lost ({type(error).__name__})") from None
    came.status, came.received_bytes = answer.status_code, len(answer.content)
    return _grant(answer.status_code, answer.headers, answer.content, now)


def _grant(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Grant:
    content = _json(body)
    if status == 429:
        raise RateLimited(BROKER, "the token endpoint takes no more requests now")
    if 400 <= status < 500 and isinstance(content.get("error"), str):
        refused = Unauthorised if content["error"] in _SPENT or status == 401 else Rejected
        raise refused(BROKER, f"the token endpoint refused: {content['error']}")
    access, renewed = content.get("access_token"), content.get("refresh_token")
    if status != 200 or not isinstance(access, str) or not access or not isinstance(renewed, str | None):
        raise Ambiguous(BROKER, f"the token endpoint answered {status}, and no token that can be read")
    remember(access, renewed or "")
    access_life, refresh_life = (_seconds(content.get(name)) for name in ("expires_in", "refresh_token_expires_in"))
    return Grant(access, renewed, access_life, refresh_life, _skew(headers.get("date"), now))


def _json(body: bytes) -> dict[str, Any]:
    import json

    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _seconds(value: object) -> timedelta | None:
    """A lifetime; text is taken too, for some venues write it so."""
    try:
        seconds = float(str(value))
    except ValueError:
        return None
    return timedelta(seconds=seconds) if 0 < seconds < 1e9 else None


def _skew(date: str | None, now: datetime) -> timedelta | None:
    try:
        return parsedate_to_datetime(date) - now if date else None
    except (ValueError, TypeError):
        return None


def _require_safe(url: str) -> None:
    if not url.startswith("https://") and not is_loopback(url):
        raise ConfigError(f"token_url: {url!r} would send secrets unencrypted to another machine; use https")
