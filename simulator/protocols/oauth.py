"""An OAuth token server with lifetimes: what Alpaca, Schwab and TradeStation each do with a refresh token.

    GET  /oauth/authorize    a page on which a person allows it; the browser goes back with `code` and `state`
    POST /oauth/token        grant_type authorization_code or refresh_token, answered as RFC 6749 has it

A refresh token that is replaced by its use and shown again counts as stolen: its whole family ends, as the standard's
security advice has it. A server with a grace takes it once more within that.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from urllib.parse import parse_qs, urlencode

from simulator.account import SimulatedAccount
from simulator.protocols.http_face import HttpFace
from simulator.protocols.wire import FaceAnswer, FaceRequest, answered
from simulator.venue import SimulatedVenue

_PAGE = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """The rules of one venue.

    renews    a refresh starts the refresh token's life anew
    stated    whether answers name the lifetimes
    """

    access: timedelta = timedelta(minutes=30)
    refresh: timedelta | None = timedelta(days=7)
    rotating: bool = False
    grace: timedelta = timedelta(0)
    renews: bool = False
    stated: bool = True


SCHWAB = Lifetimes()
TRADESTATION = Lifetimes(timedelta(minutes=20), None, rotating=True)
ALPACA = Lifetimes(timedelta(hours=24), None)


@dataclass(slots=True)
class _Token:
    family: int
    until: datetime | None
    used_at: datetime | None = None
    heir: str | None = None


@dataclass(slots=True)
class _Issued:
    """What the server knows of what it has given."""

    access: dict[str, tuple[int, datetime]] = field(default_factory=dict, repr=False)
    refresh: dict[str, _Token] = field(default_factory=dict, repr=False)
    codes: set[str] = field(default_factory=set, repr=False)
    ended: set[int] = field(default_factory=set)
    families: int = 0


class OAuthFace(HttpFace):
    """A token server for one account; its access tokens are good at every face of the venue.

    clock        the server's own, UTC
    refreshes    exchanges of a refresh token that were granted
    """

    client_id = "test-client"
    client_secret = "test-client-secret"  # noqa: S105 - of a made-up server  # pragma: allowlist secret

    def __init__(
        self,
        venue: SimulatedVenue,
        account: SimulatedAccount,
        clock: Callable[[], datetime],
        lifetimes: Lifetimes = SCHWAB,
        port: int = 0,
    ) -> None:
        super().__init__(port)
        self._account = account
        self._clock = clock
        self._rules = lifetimes
        self._issued = _Issued()
        self.refreshes = 0
        venue.keys.token_owner = self._owner

    @property
    def working_refresh_tokens(self) -> int:
        """Refresh tokens with which an access token could still be had."""
        now = self._clock()
        return sum(token.used_at is None and self._is_live(token, now) for token in self._issued.refresh.values())

    def log_in(self) -> dict[str, str]:
        """A pair as a person's login gives it."""
        self._issued.families += 1
        until = self._clock() + self._rules.refresh if self._rules.refresh else None
        return self._pair(self._issued.families, until)

    def end_access(self) -> None:
        """Every access token lapses at once: revoked early."""
        self._issued.access.clear()

    def end_login(self) -> None:
        """Every refresh token lapses at once."""
        self._issued.ended |= set(range(self._issued.families + 1))

    def answer(self, request: FaceRequest) -> FaceAnswer:
        if (request.method, request.path) == ("GET", "/oauth/authorize"):
            return self._authorize(request)
        if (request.method, request.path) != ("POST", "/oauth/token"):
            return answered({"error": "invalid_request"}, 404)
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if not self._is_client(request, form):
            return answered({"error": "invalid_client"}, 401)
        match form.get("grant_type"):
            case "refresh_token":
                return self._refreshed(form.get("refresh_token", ""))
            case "authorization_code" if form.get("code") in self._issued.codes:
                self._issued.codes.discard(form["code"])
                return self._told(self.log_in())
        return answered({"error": "invalid_grant"}, 400)

    def _authorize(self, request: FaceRequest) -> FaceAnswer:
        code = secrets.token_urlsafe(16)
        self._issued.codes.add(code)
        back = f"{request.query['redirect_uri']}?{urlencode({'code': code, 'state': request.query.get('state', '')})}"
        page = f'<!doctype html><title>Log in</title><h1>Log in</h1><a href="{escape(back)}">Allow</a>'
        return FaceAnswer(200, page.encode(), _PAGE)

    def _is_client(self, request: FaceRequest, form: dict[str, str]) -> bool:
        try:
            basic = base64.b64decode(request.headers.get("authorization", "").partition(" ")[2]).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        return basic == f"{self.client_id}:{self.client_secret}" or form.get("client_id") == self.client_id

    def _refreshed(self, shown: str) -> FaceAnswer:
        token, now = self._issued.refresh.get(shown), self._clock()
        if token is None or not self._is_live(token, now):
            return answered({"error": "invalid_grant"}, 400)
        if token.used_at is not None and now - token.used_at >= self._rules.grace:
            self._issued.ended.add(token.family)
            self._issued.access = {one: had for one, had in self._issued.access.items() if had[0] != token.family}
            return answered({"error": "invalid_grant"}, 400)
        self.refreshes += 1
        until = now + self._rules.refresh if self._rules.renews and self._rules.refresh else token.until
        if not self._rules.rotating:
            token.until = until
            return self._told({"access_token": self._access(token.family)}, until)
        token.used_at = token.used_at or now
        if token.heir is not None:  # within the grace the same heir is told again
            return self._told({"access_token": self._access(token.family), "refresh_token": token.heir}, until)
        pair = self._pair(token.family, until)
        token.heir = pair["refresh_token"]
        return self._told(pair, until)

    def _is_live(self, token: _Token, now: datetime) -> bool:
        return token.family not in self._issued.ended and (token.until is None or now < token.until)

    def _pair(self, family: int, until: datetime | None) -> dict[str, str]:
        refresh = secrets.token_urlsafe(24)
        self._issued.refresh[refresh] = _Token(family, until)
        return {"access_token": self._access(family), "refresh_token": refresh}

    def _access(self, family: int) -> str:
        access = secrets.token_urlsafe(24)
        self._issued.access[access] = (family, self._clock() + self._rules.access)
        return access

    def _told(self, pair: dict[str, str], until: datetime | None = None) -> FaceAnswer:
        content: dict[str, object] = {**pair, "token_type": "Bearer"}
        if self._rules.stated:
            content["expires_in"] = int(self._rules.access.total_seconds())
            if until is not None:
                content["refresh_token_expires_in"] = int((until - self._clock()).total_seconds())
        told = answered(content)
        return FaceAnswer(200, told.body, {**told.headers, "Date": format_datetime(self._clock(), usegmt=True)})

    def _owner(self, token: str) -> SimulatedAccount | None:
        had = self._issued.access.get(token)
        return self._account if had and self._clock() < had[1] else None
