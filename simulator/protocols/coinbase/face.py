"""Coinbase Advanced Trade on loopback, over the simulated accounts of a venue: spot.

Requests of one key are counted by the second; one too many is answered with HTTP 429.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from simulator.key_ring import VenueKey
from simulator.protocols.coinbase import account, market_data, orders
from simulator.protocols.coinbase.signing import refused, signer
from simulator.protocols.coins.face import Asked, CoinFace, Question, Routes, routes, texts
from simulator.protocols.coins.refusals import No, Refused
from simulator.protocols.limits import RequestLimit
from simulator.protocols.wire import FaceAnswer, FaceRequest
from tieout.instruments import Instrument

_BASE = "/api/v3/brokerage"


class CoinbaseFace(CoinFace):
    """Speaks for every account of the venue whose key signed a request.

    limit    requests of a key in a second
    """

    public: ClassVar[Routes[Question]] = routes(
        ("GET", f"{_BASE}/time", market_data.time),
        ("GET", f"{_BASE}/market/products", market_data.products),
        ("GET", f"{_BASE}/market/products/([^/]+)", market_data.product),
        ("GET", f"{_BASE}/market/products/([^/]+)/ticker", market_data.ticker),
        ("GET", f"{_BASE}/market/product_book", market_data.book),
        ("GET", "/v2/time", market_data.old_time),
        ("GET", "/v2/currencies(?:/crypto)?", market_data.no_data),
        ("GET", "/v2/exchange-rates", market_data.exchange_rates),
    )
    private: ClassVar[Routes[Asked]] = routes(
        ("POST", f"{_BASE}/orders", orders.create),
        ("POST", f"{_BASE}/orders/batch_cancel", orders.cancel),
        ("POST", f"{_BASE}/orders/edit", orders.edit),
        ("GET", f"{_BASE}/orders/historical/batch", orders.listed),
        ("GET", f"{_BASE}/orders/historical/fills", orders.fills),
        ("GET", f"{_BASE}/orders/historical/([^/]+)", orders.shown),
        ("GET", f"{_BASE}/accounts", account.accounts),
        ("GET", f"{_BASE}/accounts/([^/]+)", account.account),
        ("GET", f"{_BASE}/key_permissions", account.key_permissions),
        ("GET", f"{_BASE}/transaction_summary", account.transaction_summary),
        ("GET", f"{_BASE}/portfolios", account.portfolios),
        ("GET", f"{_BASE}/cfm/positions", account.no_positions),
        ("GET", f"{_BASE}/products", market_data.products),
        ("GET", f"{_BASE}/products/([^/]+)", market_data.product),
        ("GET", f"{_BASE}/products/([^/]+)/ticker", market_data.ticker),
        ("GET", f"{_BASE}/product_book", market_data.book),
        ("GET", f"{_BASE}/best_bid_ask", market_data.best_bid_ask),
        ("GET", "/v2/accounts", account.old_accounts),
        ("GET", "/v2/accounts/([^/]+)/transactions", account.transactions),
    )
    limit: RequestLimit

    def prepare(self) -> None:
        self.limit = RequestLimit(30, self.clock, window_s=1)

    def named(self, instrument: Instrument) -> str:
        """`BTC-USDT`; perpetuals are told apart by `-PERP`."""
        pair = f"{instrument.underlying}-{instrument.currency}"
        return f"{pair}-PERP" if instrument.is_margined else pair

    def fields(self, request: FaceRequest) -> Mapping[str, str]:
        """What is asked for, with the one object that names the kind of order taken apart."""
        body = self._json(request)
        inner = body.get("order_configuration") if isinstance(body, dict) else None
        found = {**request.query, **texts(body)}
        for kind, asked in inner.items() if isinstance(inner, dict) else ():
            found |= {"configuration": kind, **texts(asked)}
        return found

    def several(self, request: FaceRequest) -> tuple[Mapping[str, str], ...]:
        body = self._json(request)
        ids = body.get("order_ids") if isinstance(body, dict) else None
        return tuple({"order_id": str(one)} for one in ids) if isinstance(ids, list) else ()

    def signer(self, request: FaceRequest) -> VenueKey:
        return signer(self.venue.keys, request, self.time_ms)

    def refusal(self, no: No, request: FaceRequest) -> Refused:
        return refused("INVALID_ARGUMENT", str(no), 400)

    def unknown_path(self, request: FaceRequest) -> FaceAnswer:
        return refused("NOT_FOUND", "route not found", 404).answer

    def within_limits(self, request: FaceRequest) -> FaceAnswer:
        """Count what a key asks for; its name stands inside the token, so the address counts."""
        if not self.limit.take("127.0.0.1"):
            raise refused("rate_limit_exceeded", "Rate limit exceeded", 429)
        return self.or_refusal(request)

    def _json(self, request: FaceRequest) -> object:
        try:
            return request.json()
        except ValueError:
            raise refused("INVALID_ARGUMENT", "request body is not valid JSON", 400) from None
