"""Bybit's unified account on loopback, over the simulated accounts of a venue: spot, linear and inverse contracts.

Requests are counted per account, path and second, and told in the headers; whoever goes on far beyond is not answered
for ten minutes, with HTTP 403.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from simulator.key_ring import VenueKey
from simulator.protocols.bybit import account, market_data, orders
from simulator.protocols.bybit.codes import TOO_OFTEN, refused, said
from simulator.protocols.bybit.signing import signer
from simulator.protocols.bybit.stream import BybitStreams
from simulator.protocols.coins.face import Asked, CoinFace, Question, Routes, routes, texts
from simulator.protocols.coins.refusals import No, Refused
from simulator.protocols.limits import Bans, RequestLimit
from simulator.protocols.wire import FaceAnswer, FaceRequest
from tieout.instruments import Instrument

_ANYBODY = "127.0.0.1"


class BybitFace(CoinFace):
    """Speaks for every account of the venue whose key signed a request.

    writes, reads    requests that an account may send to one path in a second
    address          requests that an address may send in five seconds
    """

    public: ClassVar[Routes[Question]] = routes(
        ("GET", "/v5/market/time", market_data.time),
        ("GET", "/v5/market/instruments-info", market_data.instruments),
        ("GET", "/v5/market/tickers", market_data.tickers),
        ("GET", "/v5/market/orderbook", market_data.order_book),
    )
    private: ClassVar[Routes[Asked]] = routes(
        ("POST", "/v5/order/create", orders.create),
        ("POST", "/v5/order/amend", orders.amend),
        ("POST", "/v5/order/cancel", orders.cancel),
        ("POST", "/v5/order/cancel-all", orders.cancel_all),
        ("GET", "/v5/order/realtime", orders.realtime),
        ("GET", "/v5/order/history", orders.history),
        ("GET", "/v5/execution/list", orders.executions),
        ("GET", "/v5/position/list", account.position_list),
        ("POST", "/v5/position/set-leverage", account.set_leverages),
        ("POST", "/v5/position/switch-mode", account.switch_position_mode),
        ("GET", "/v5/account/wallet-balance", account.wallet_balance),
        ("GET", "/v5/account/transaction-log", account.transaction_log),
        ("GET", "/v5/account/info", account.account_info),
        ("GET", "/v5/account/fee-rate", account.fee_rates),
        ("POST", "/v5/account/set-margin-mode", account.set_margin_mode),
        ("GET", "/v5/asset/coin/query-info", account.coins),
        ("GET", "/v5/asset/deposit/query-record", account.deposits),
        ("GET", "/v5/asset/withdraw/query-record", account.withdrawals),
        ("GET", "/v5/asset/transfer/query-account-coins-balance", account.funding_wallet),
        ("GET", "/v5/asset/transfer/query-(?:inter|universal)-transfer-list", account.no_list),
        ("GET", "/v5/user/query-api", account.key_info),
    )

    writes: RequestLimit
    reads: RequestLimit
    address: RequestLimit
    bans: Bans
    stream: BybitStreams

    def prepare(self) -> None:
        self.writes = RequestLimit(10, self.clock, window_s=1)
        self.reads = RequestLimit(50, self.clock, window_s=1)
        self.address = RequestLimit(600, self.clock, window_s=5)
        self.stream = BybitStreams(self.venue, self.markets, lambda: self.time_ms)
        self.bans = Bans(self.clock, after=1, lasts=timedelta(minutes=10))

    def named(self, instrument: Instrument) -> str:
        """`BTCUSDT`, for a pair and for its perpetual alike; `BTCUSD` for the one that pays in coin."""
        return f"{instrument.underlying}{instrument.currency}"

    def fields(self, request: FaceRequest) -> Mapping[str, str]:
        try:
            return {**request.query, **texts(request.json())}
        except ValueError:
            raise refused(10001, "Request parameter error", self.time_ms) from None

    def signer(self, request: FaceRequest) -> VenueKey:
        return signer(self.venue.keys, request, self.time_ms)

    def converse(self, request: FaceRequest, connection: socket.socket) -> None:
        """The private streams, on the paths the venue has them."""
        self.stream.converse(request, connection, self.is_stopping)

    def refusal(self, no: No, request: FaceRequest) -> Refused:
        return said(no, spot=self.fields(request).get("category") == "spot", time_ms=self.time_ms)

    def unknown_path(self, request: FaceRequest) -> FaceAnswer:
        """The gateway answers with an empty body there."""
        return FaceAnswer(404, b"", {"Content-Type": "text/plain"})

    def within_limits(self, request: FaceRequest) -> FaceAnswer:
        """Count per address, and per account, path and second."""
        if self.bans.left_s(_ANYBODY):
            raise Refused(403, {"retCode": 10006, "retMsg": "access too frequent", "result": {}})
        if not self.address.take(_ANYBODY):
            self.bans.refused(_ANYBODY)
            raise Refused(403, {"retCode": 10006, "retMsg": "access too frequent", "result": {}})
        name = request.headers.get("x-bapi-api-key", "")
        if not name:
            return self.or_refusal(request)
        limit = self.writes if request.method == "POST" else self.reads
        caller = f"{name} {request.path}"
        answer = self.or_refusal(request) if limit.take(caller) else refused(*TOO_OFTEN, self.time_ms).answer
        said = {
            "X-Bapi-Limit": str(limit.per_minute),
            "X-Bapi-Limit-Status": str(limit.per_minute - limit.used(caller)),
            "X-Bapi-Limit-Reset-Timestamp": str(self.time_ms + limit.resets_in_s * 1_000),
        }
        return replace(answer, headers={**answer.headers, **said})
