"""Binance on loopback, over the simulated accounts of a venue: spot under /api and /sapi, USDⓈ-M futures
under /fapi and COIN-M futures under /dapi.

Weights are counted per address; beyond the limit comes 429, and for those who go on 418. Order counts per account are
told in the answers to orders.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar
from urllib.parse import parse_qsl

from simulator.account import SimulatedAccount
from simulator.ids import venue_uuid
from simulator.key_ring import VenueKey
from simulator.protocols.binance import market_data, spot_orders, usdm_account, usdm_market, usdm_orders, wallet
from simulator.protocols.binance.codes import refused, said
from simulator.protocols.binance.signing import key_of, require_signed
from simulator.protocols.binance.stream import BinanceStreams
from simulator.protocols.coins.face import Asked, CoinFace, Question, Routes, routes
from simulator.protocols.coins.refusals import No, Refused
from simulator.protocols.coins.rules import CoinRules, usual
from simulator.protocols.limits import Bans, RequestLimit
from simulator.protocols.wire import FaceAnswer, FaceRequest, answered
from tieout.instruments import Instrument
from tieout.money import ZERO

_HEAVY = {"/api/v3/exchangeInfo": 20, "/api/v3/account": 20, "/api/v3/myTrades": 20, "/api/v3/allOrders": 20}
_ORDERS = frozenset({"/api/v3/order", "/fapi/v1/order", "/dapi/v1/order", "/api/v3/order/cancelReplace"})
_FUTURES = ("/fapi", "/dapi")
_ANYBODY = "127.0.0.1"


class BinanceFace(CoinFace):
    """Speaks for every account of the venue whose key signed a request.

    weight    what an address may use up in a minute
    counts    orders that an account may place in ten seconds
    bans      addresses that are not answered for a while
    futures   the account of the futures wallet by the account number of its owner; left out, it is the same account
    """

    public: ClassVar[Routes[Question]] = routes(
        ("GET", "/api/v3/ping", market_data.ping),
        ("GET", "/api/v3/time", market_data.time),
        ("GET", "/api/v3/exchangeInfo", market_data.exchange_info),
        ("GET", "/api/v3/depth", market_data.depth),
        ("GET", "/api/v3/ticker/bookTicker", market_data.book_ticker),
        ("GET", "/api/v3/ticker/24hr", market_data.day_ticker),
        ("GET", "/[fd]api/v1/ping", market_data.ping),
        ("GET", "/[fd]api/v1/time", market_data.time),
        ("GET", "/([fd])api/v1/exchangeInfo", usdm_market.exchange_info),
        ("GET", "/([fd])api/v1/depth", usdm_market.depth),
        ("GET", "/([fd])api/v1/ticker/bookTicker", usdm_market.book_ticker),
        ("GET", "/([fd])api/v1/ticker/24hr", usdm_market.day_ticker),
        ("GET", "/([fd])api/v1/premiumIndex", usdm_market.premium_index),
    )
    private: ClassVar[Routes[Asked]] = routes(
        ("POST", "/api/v3/order", spot_orders.create),
        ("POST", "/api/v3/order/test", spot_orders.test_order),
        ("GET", "/api/v3/order", spot_orders.shown),
        ("DELETE", "/api/v3/order", spot_orders.cancel),
        ("POST", "/api/v3/order/cancelReplace", spot_orders.cancel_replace),
        ("PUT", "/api/v3/order/amend/keepPriority", spot_orders.amend),
        ("GET", "/api/v3/openOrders", spot_orders.open_orders),
        ("DELETE", "/api/v3/openOrders", spot_orders.cancel_all),
        ("GET", "/api/v3/allOrders", spot_orders.all_orders),
        ("GET", "/api/v3/myTrades", spot_orders.my_trades),
        ("GET", "/api/v3/account", wallet.account),
        ("GET", "/api/v3/account/commission", wallet.commission),
        ("GET", "/sapi/v1/account/apiRestrictions", wallet.api_restrictions),
        ("GET", "/sapi/v1/asset/tradeFee", wallet.trade_fees),
        ("GET", "/sapi/v1/capital/config/getall", wallet.coins),
        ("GET", "/sapi/v1/capital/deposit/hisrec", wallet.deposits),
        ("GET", "/sapi/v1/capital/withdraw/history", wallet.withdrawals),
        ("POST", "/sapi/v1/asset/get-funding-asset", wallet.nothing),
        ("GET", "/sapi/v1/margin/(?:isolated/)?allPairs", wallet.nothing),
        ("GET", "/sapi/v1/asset/transfer", wallet.no_rows),
        ("GET", "/sapi/v1/asset/assetDividend", wallet.no_rows),
        ("GET", "/sapi/v1/asset/dribblet", wallet.no_dust),
        ("GET", "/sapi/v1/convert/tradeFlow", wallet.no_conversions),
        ("GET", "/sapi/v1/simple-earn/(?:flexible|locked)/position", wallet.no_rows),
        ("POST", "/([fd])api/v1/order", usdm_orders.create),
        ("GET", "/([fd])api/v1/(?:order|openOrder)", usdm_orders.shown),
        ("PUT", "/([fd])api/v1/order", usdm_orders.amend),
        ("DELETE", "/([fd])api/v1/order", usdm_orders.cancel),
        ("DELETE", "/([fd])api/v1/allOpenOrders", usdm_orders.cancel_all),
        ("GET", "/([fd])api/v1/openOrders", usdm_orders.open_orders),
        ("GET", "/([fd])api/v1/allOrders", usdm_orders.all_orders),
        ("GET", "/([fd])api/v1/userTrades", usdm_orders.user_trades),
        ("GET", "/([fd])api/v1/forceOrders", usdm_orders.force_orders),
        ("POST", "/([fd])api/v1/algoOrder", usdm_orders.create_algo),
        ("GET", "/([fd])api/v1/algoOrder", usdm_orders.shown_algo),
        ("DELETE", "/([fd])api/v1/algoOrder", usdm_orders.cancel_algo),
        ("GET", "/([fd])api/v1/openAlgoOrders", usdm_orders.open_algos),
        ("GET", "/([fd])api/v[123]/account", usdm_account.account),
        ("GET", "/([fd])api/v[123]/balance", usdm_account.balance),
        ("GET", "/([fd])api/v([123])/positionRisk", usdm_account.position_risk),
        ("GET", "/([fd])api/v1/income", usdm_account.income),
        ("GET", "/([fd])api/v1/positionSide/dual", usdm_account.position_side),
        ("POST", "/([fd])api/v1/positionSide/dual", usdm_account.set_position_side),
        ("POST", "/([fd])api/v1/leverage", usdm_account.set_leverages),
        ("POST", "/([fd])api/v1/marginType", usdm_account.set_margin_type),
        ("GET", "/([fd])api/v[12]/leverageBracket", usdm_account.leverage_brackets),
        ("GET", "/([fd])api/v1/symbolConfig", usdm_account.symbol_config),
        ("GET", "/([fd])api/v1/accountConfig", usdm_account.account_config),
        ("GET", "/([fd])api/v1/commissionRate", usdm_account.commission_rate),
    )
    _listening: ClassVar[frozenset[str]] = frozenset({"/fapi/v1/listenKey", "/dapi/v1/listenKey"})

    weight: RequestLimit
    counts: RequestLimit
    bans: Bans
    stream: BinanceStreams
    futures: dict[str, SimulatedAccount]

    def prepare(self) -> None:
        self.weight = RequestLimit(6_000, self.clock, retry_after=True)
        self.counts = RequestLimit(100, self.clock, window_s=10)
        self.stream = BinanceStreams(self.venue, self.markets, lambda: self.time_ms)
        self.bans = Bans(self.clock)
        self.futures = {}

    def named(self, instrument: Instrument) -> str:
        """`BTCUSDT`, for a pair and for its perpetual alike; `BTCUSD_PERP` for one that pays in coin."""
        pair = f"{instrument.underlying}{instrument.currency}"
        return f"{pair}_PERP" if instrument.is_inverse else pair

    def usual(self, instrument: Instrument) -> CoinRules:
        """What pays in coin comes in contracts of 100 dollars of bitcoin, or 10 of anything else."""
        if not instrument.is_inverse:
            return usual(instrument)
        size = Decimal(100 if instrument.underlying == "BTC" else 10)
        return CoinRules(size, size, size * 1_000_000, ZERO, size)

    def fields(self, request: FaceRequest) -> Mapping[str, str]:
        return _fields(request)

    def signer(self, request: FaceRequest) -> VenueKey:
        key = key_of(self.venue.keys, request)
        require_signed(key, request, _fields(request), self.time_ms)
        if request.method != "GET" and "trade" not in key.rights:
            raise refused(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        return key

    def spoken(self, request: FaceRequest) -> FaceAnswer:
        """Listen keys need a key and no signature; everything else is as usual."""
        if request.path not in self._listening:
            return super().spoken(request)
        key = key_of(self.venue.keys, request)
        account = self.account_for(key, request)
        name = f"{venue_uuid(account.account_number, 'listen')}{key.handle}".replace("-", "")
        if request.method == "DELETE":
            self.stream.listen_keys.pop(name, None)
            return answered({})
        if request.method == "PUT" and not self.stream.is_good(name):
            raise refused(-1125, "This listenKey does not exist.")
        self.stream.open_key(name, account)
        return answered({"listenKey": name} if request.method == "POST" else {})

    def account_for(self, key: VenueKey, request: FaceRequest) -> SimulatedAccount:
        if request.path.startswith(_FUTURES):
            return self.futures.get(key.account.account_number, key.account)
        return key.account

    def converse(self, request: FaceRequest, connection: socket.socket) -> None:
        """The private streams, on the paths the venue has them."""
        self.stream.converse(request, connection, self.is_stopping)

    def refusal(self, no: No, request: FaceRequest) -> Refused:
        return said(no, futures=request.path.startswith(_FUTURES))

    def unknown_path(self, request: FaceRequest) -> FaceAnswer:
        """The venue answers with a page there, not with JSON."""
        return FaceAnswer(404, b"<html><body>404 Not Found</body></html>", {"Content-Type": "text/html"})

    def within_limits(self, request: FaceRequest) -> FaceAnswer:
        """Count the request's weight, and an order besides."""
        banned = self.bans.left_s(_ANYBODY)
        if banned:
            words = f"Way too much request weight used; IP banned until {self.bans.until_ms(_ANYBODY)}."
            raise Refused(418, {"code": -1003, "msg": words}, {"Retry-After": str(banned)})
        if not self.weight.take(_ANYBODY, _HEAVY.get(request.path, 1)):
            self.bans.refused(_ANYBODY)
            words = (
                f"Too much request weight used; current limit is {self.weight.per_minute} request weight per 1 MINUTE."
            )
            raise Refused(429, {"code": -1003, "msg": words}, {"Retry-After": str(self.weight.resets_in_s)})
        said = {"X-MBX-USED-WEIGHT-1M": str(self.weight.used(_ANYBODY))}
        if request.method == "POST" and request.path in _ORDERS:
            said |= self._counted(request)
        answer = self.or_refusal(request)
        return replace(answer, headers={**answer.headers, **said})

    def _counted(self, request: FaceRequest) -> dict[str, str]:
        name = request.headers.get("x-mbx-apikey", "")
        if not self.counts.take(name):
            wait = {"Retry-After": str(self.counts.resets_in_s)}
            words = f"Too many new orders; current limit is {self.counts.per_minute} orders per 10 SECOND."
            raise Refused(429, {"code": -1015, "msg": words}, wait)
        return {"X-MBX-ORDER-COUNT-10S": str(self.counts.used(name))}


def _fields(request: FaceRequest) -> dict[str, str]:
    body = parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True)
    return {**request.query, **dict(body)}
