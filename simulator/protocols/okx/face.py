"""OKX on loopback, over the simulated accounts of a venue: spot and swaps, linear and inverse.

Requests are counted per key and path in two seconds; one too many is answered with HTTP 429.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from simulator.key_ring import VenueKey
from simulator.protocols.coins.face import Asked, CoinFace, Question, Routes, routes, texts
from simulator.protocols.coins.refusals import No, Refused
from simulator.protocols.coins.rules import CoinRules, usual
from simulator.protocols.limits import RequestLimit
from simulator.protocols.okx import account, market_data, orders
from simulator.protocols.okx.codes import coded, each, late, refused
from simulator.protocols.okx.signing import signer
from simulator.protocols.wire import FaceAnswer, FaceRequest
from tieout.instruments import Instrument

_TIMED = frozenset(f"/api/v5/trade/{one}" for one in ("order", "batch-orders", "amend-order", "amend-batch-orders"))
_LINEAR = CoinRules(step=Decimal("0.0001"), least=Decimal("0.0001"), least_value=Decimal(0), size=Decimal("0.01"))
_INVERSE = CoinRules(
    step=Decimal(100), least=Decimal(100), most=Decimal(10_000_000), least_value=Decimal(0), size=Decimal(100)
)


class OkxFace(CoinFace):
    """Speaks for every account of the venue whose key signed a request.

    passphrase   of every key
    limit        requests of a key to one path in two seconds
    """

    public: ClassVar[Routes[Question]] = routes(
        ("GET", "/api/v5/public/time", market_data.time),
        ("GET", "/api/v5/public/instruments", market_data.instruments),
        ("GET", "/api/v5/public/funding-rate", market_data.funding_rate),
        ("GET", "/api/v5/public/mark-price", market_data.mark_price),
        ("GET", "/api/v5/market/tickers", market_data.tickers),
        ("GET", "/api/v5/market/ticker", market_data.ticker),
        ("GET", "/api/v5/market/books", market_data.book),
        ("GET", "/api/v5/system/status", market_data.no_status),
    )
    private: ClassVar[Routes[Asked]] = routes(
        ("POST", "/api/v5/trade/(?:order|batch-orders)", orders.create),
        ("POST", "/api/v5/trade/cancel-(?:order|batch-orders)", orders.cancel),
        ("POST", "/api/v5/trade/amend-(?:order|batch-orders)", orders.amend),
        ("GET", "/api/v5/trade/order", orders.shown),
        ("GET", "/api/v5/trade/orders-pending", orders.pending),
        ("GET", "/api/v5/trade/orders-history", orders.history),
        ("GET", "/api/v5/trade/orders-history-archive", orders.archive),
        ("GET", "/api/v5/trade/fills", orders.fills),
        ("GET", "/api/v5/trade/fills-history", orders.fills_history),
        ("POST", "/api/v5/trade/order-algo", orders.create_algo),
        ("GET", "/api/v5/trade/order-algo", orders.shown_algo),
        ("POST", "/api/v5/trade/cancel-algos", orders.cancel_algos),
        ("GET", "/api/v5/trade/orders-algo-pending", orders.pending_algos),
        ("GET", "/api/v5/account/balance", account.balance),
        ("GET", "/api/v5/account/positions", account.held),
        ("GET", "/api/v5/account/config", account.config),
        ("POST", "/api/v5/account/set-position-mode", account.set_position_mode),
        ("POST", "/api/v5/account/set-leverage", account.set_leverages),
        ("GET", "/api/v5/account/leverage-info", account.leverages),
        ("GET", "/api/v5/account/bills", account.bills),
        ("GET", "/api/v5/account/bills-archive", account.bills_archive),
        ("GET", "/api/v5/account/trade-fee", account.fees),
        ("GET", "/api/v5/asset/currencies", account.currencies),
        ("GET", "/api/v5/asset/balances", account.nothing),
        ("GET", "/api/v5/asset/deposit-history", account.deposits),
        ("GET", "/api/v5/asset/withdrawal-history", account.withdrawals),
        ("GET", "/api/v5/asset/bills", account.nothing),
    )
    limit: RequestLimit
    passphrase: str

    def prepare(self) -> None:
        self.limit = RequestLimit(60, self.clock, window_s=2)
        self.passphrase = "test-passphrase"  # noqa: S105 - of the simulated world

    def named(self, instrument: Instrument) -> str:
        """`BTC-USDT`, `BTC-USDT-SWAP`, `BTC-USD-SWAP`."""
        pair = f"{instrument.underlying}-{instrument.currency}"
        return f"{pair}-SWAP" if instrument.is_margined else pair

    def usual(self, instrument: Instrument) -> CoinRules:
        """Swaps are counted in contracts of 0.01 coins, or of 100 dollars."""
        if not instrument.is_margined:
            return usual(instrument)
        return _INVERSE if instrument.is_inverse else _LINEAR

    def fields(self, request: FaceRequest) -> Mapping[str, str]:
        return {**request.query, **texts(self._json(request))}

    def several(self, request: FaceRequest) -> tuple[Mapping[str, str], ...]:
        body = self._json(request)
        return tuple(texts(one) for one in body) if isinstance(body, list) else ()

    def signer(self, request: FaceRequest) -> VenueKey:
        return signer(self.venue.keys, request, self.time_ms, self.passphrase)

    def refusal(self, no: No, request: FaceRequest) -> Refused:
        return refused(*coded(no))

    def spoken(self, request: FaceRequest) -> FaceAnswer:
        """As everywhere; orders that come after their own `expTime` are turned away one and all."""
        expires = request.headers.get("exptime", "")
        if request.method != "POST" or request.path not in _TIMED or not expires or int(expires) >= self.time_ms:
            return super().spoken(request)
        self.signer(request)
        sent = self.several(request) or (self.fields(request),)
        return each([late(one) for one in sent])

    def unknown_path(self, request: FaceRequest) -> FaceAnswer:
        return refused("404", "Not Found", 404).answer

    def within_limits(self, request: FaceRequest) -> FaceAnswer:
        """Count per key and path."""
        name = request.headers.get("ok-access-key", "")
        if not self.limit.take(f"{name} {request.path}"):
            raise refused("50011", "Too Many Requests", 429)
        return self.or_refusal(request)

    def _json(self, request: FaceRequest) -> object:
        try:
            return request.json()
        except ValueError:
            raise refused("50006", "Invalid request header Content-Type or body", 400) from None
