"""Kraken Futures on loopback, over the simulated accounts of a venue: perpetuals in dollars and in coin.

Each call costs some of what a key has for ten seconds. Requests carry no nonce: the venue does not ask for one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from simulator.key_ring import VenueKey
from simulator.protocols.coins.face import Asked, CoinFace, Question, Routes, is_same, routes
from simulator.protocols.coins.refusals import No, Refused
from simulator.protocols.coins.rules import CoinRules, usual
from simulator.protocols.krakenfutures import private, public
from simulator.protocols.krakenfutures.codes import refused, said
from simulator.protocols.krakenfutures.rows import named
from simulator.protocols.limits import RequestLimit
from simulator.protocols.wire import FaceAnswer, FaceRequest
from tieout.instruments import Instrument
from tieout.money import ZERO

_BASE = "/derivatives"
_API = "/derivatives/api/v3"


class KrakenFuturesFace(CoinFace):
    """Speaks for every account of the venue whose key signed a request.

    budget    calls of a key within ten seconds
    """

    public: ClassVar[Routes[Question]] = routes(
        ("GET", f"{_API}/instruments", public.instruments),
        ("GET", f"{_API}/instruments/status", public.states),
        ("GET", f"{_API}/tickers", public.tickers),
        ("GET", f"{_API}/tickers/([^/]+)", public.ticker),
        ("GET", f"{_API}/orderbook", public.orderbook),
    )
    private: ClassVar[Routes[Asked]] = routes(
        ("GET", f"{_API}/accounts", private.accounts),
        ("GET", f"{_API}/openpositions", private.held),
        ("GET", f"{_API}/openorders", private.open_orders),
        ("POST", f"{_API}/orders/status", private.states),
        ("POST", f"{_API}/sendorder", private.send_order),
        ("POST", f"{_API}/cancelorder", private.cancel_order),
        ("GET", f"{_API}/fills", private.fills),
        ("PUT", f"{_API}/leveragepreferences", private.preferences),
        ("GET", "/api/history/v2/orders", private.order_history),
        ("GET", "/api/history/v3/account-log", private.account_log),
        ("GET", "/api/auth/v1/api-keys/v3/check", private.key_check),
    )
    budget: RequestLimit

    def prepare(self) -> None:
        self.budget = RequestLimit(500, self.clock, window_s=10)

    def named(self, instrument: Instrument) -> str:
        """`PI_XBTUSD`, `PF_XBTUSD`."""
        return named(instrument)

    def usual(self, instrument: Instrument) -> CoinRules:
        """No order is too small in worth."""
        rules = usual(instrument)
        return CoinRules(rules.step, rules.least, rules.most, ZERO, rules.size)

    def fields(self, request: FaceRequest) -> Mapping[str, str]:
        body = parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True)
        return {**request.query, **dict(body)}

    def signer(self, request: FaceRequest) -> VenueKey:
        """The key is in one header, and the signature over query, body and path in another."""
        key = self.venue.keys.by_id(request.headers.get("apikey", ""))
        if key is None or not is_same(_signature(key.secret, request), request.headers.get("authent", "")):
            raise refused("authenticationError", self.venue.clock.now)
        if not self.budget.take(key.key_id):
            raise refused("apiLimitExceeded", self.venue.clock.now)
        if request.method != "GET" and "trade" not in key.rights:
            raise refused("insufficientPermissions", self.venue.clock.now)
        return key

    def refusal(self, no: No, request: FaceRequest) -> Refused:
        return said(no, self.venue.clock.now)

    def unknown_path(self, request: FaceRequest) -> FaceAnswer:
        return refused("notFound", self.venue.clock.now).answer


def _signature(secret: str, request: FaceRequest) -> str:
    """HMAC-SHA512 of SHA256(query + body + path), the secret and the result in base64."""
    try:
        plain = base64.b64decode(secret, validate=True)
    except binascii.Error:
        return ""
    text = urlsplit(request.target).query + request.body.decode(errors="replace") + request.path.removeprefix(_BASE)
    inner = hashlib.sha256(text.encode()).digest()
    return base64.b64encode(hmac.new(plain, inner, hashlib.sha512).digest()).decode()
