"""Kraken's spot exchange on loopback, over the simulated accounts of a venue.

A key's nonce has to grow. Calls raise a counter per key that time lowers; the lists of what is past count double, and
orders count for themselves elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import parse_qsl

from simulator.key_ring import VenueKey
from simulator.protocols.coins.face import Asked, CoinFace, Question, Routes, is_same, routes, texts
from simulator.protocols.coins.refusals import No, Refused
from simulator.protocols.kraken import private, public
from simulator.protocols.kraken.codes import refused, said
from simulator.protocols.kraken.names import pair
from simulator.protocols.limits import CallCounter
from simulator.protocols.wire import FaceAnswer, FaceRequest
from tieout.instruments import Instrument

_WRITES = frozenset({"AddOrder", "AmendOrder", "CancelOrder", "CancelAll"})
_DOUBLE = frozenset({"Ledgers", "TradesHistory", "ClosedOrders", "QueryTrades"})


class KrakenFace(CoinFace):
    """Speaks for every account of the venue whose key signed a request.

    counter   of the calls of each key
    """

    public: ClassVar[Routes[Question]] = routes(
        ("GET", "/0/public/Time", public.time),
        ("GET", "/0/public/SystemStatus", public.status),
        ("GET", "/0/public/Assets", public.assets),
        ("GET", "/0/public/AssetPairs", public.asset_pairs),
        ("GET", "/0/public/Ticker", public.ticker),
        ("GET", "/0/public/Depth", public.depth),
    )
    private: ClassVar[Routes[Asked]] = routes(
        ("POST", "/0/private/BalanceEx", private.balance_ex),
        ("POST", "/0/private/Balance", private.balance),
        ("POST", "/0/private/TradeBalance", private.trade_balance),
        ("POST", "/0/private/AddOrder", private.add_order),
        ("POST", "/0/private/AmendOrder", private.amend_order),
        ("POST", "/0/private/CancelOrder", private.cancel_order),
        ("POST", "/0/private/CancelAll", private.cancel_all),
        ("POST", "/0/private/OpenOrders", private.open_orders),
        ("POST", "/0/private/ClosedOrders", private.closed_orders),
        ("POST", "/0/private/QueryOrders", private.query_orders),
        ("POST", "/0/private/TradesHistory", private.trades_history),
        ("POST", "/0/private/QueryTrades", private.query_trades),
        ("POST", "/0/private/Ledgers", private.ledgers),
        ("POST", "/0/private/TradeVolume", private.trade_volume),
        ("POST", "/0/private/GetApiKeyInfo", private.key_info),
        ("POST", "/0/private/OpenPositions", private.no_positions),
        ("POST", "/0/private/DepositStatus", private.deposit_status),
        ("POST", "/0/private/WithdrawStatus", private.withdraw_status),
    )
    counter: CallCounter
    _nonces: dict[str, int]

    def prepare(self) -> None:
        self.counter = CallCounter(self.clock)
        self._nonces = {}

    def named(self, instrument: Instrument) -> str:
        """`XXBTZUSD`, `XBTUSDT`."""
        return pair(instrument)

    def fields(self, request: FaceRequest) -> Mapping[str, str]:
        if request.body.startswith(b"{"):
            try:
                return texts(request.json())
            except ValueError:
                raise refused("EGeneral:Invalid arguments") from None
        body = parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True)
        return {**request.query, **dict(body)}

    def signer(self, request: FaceRequest) -> VenueKey:
        key = self.venue.keys.by_id(request.headers.get("api-key", ""))
        if key is None:
            raise refused("EAPI:Invalid key")
        nonce = self.fields(request).get("nonce", "")
        if not is_same(_signature(key.secret, request, nonce), request.headers.get("api-sign", "")):
            raise refused("EAPI:Invalid signature")
        if not nonce.isdecimal() or int(nonce) <= self._nonces.get(key.key_id, 0):
            raise refused("EAPI:Invalid nonce")
        self._nonces[key.key_id] = int(nonce)
        self._require_right(key, request)
        return key

    def refusal(self, no: No, request: FaceRequest) -> Refused:
        return said(no)

    def unknown_path(self, request: FaceRequest) -> FaceAnswer:
        return refused("EGeneral:Unknown method").answer

    def _require_right(self, key: VenueKey, request: FaceRequest) -> None:
        method = request.path.rpartition("/")[2]
        if method in _WRITES:
            if "trade" not in key.rights:
                raise refused("EGeneral:Permission denied")
        elif not self.counter.take(key.key_id, 2 if method in _DOUBLE else 1):
            raise refused("EAPI:Rate limit exceeded")


def _signature(secret: str, request: FaceRequest, nonce: str) -> str:
    """HMAC-SHA512 of path and SHA256(nonce + body), the secret and the result in base64."""
    try:
        plain = base64.b64decode(secret, validate=True)
    except binascii.Error:
        return ""
    inner = hashlib.sha256(nonce.encode() + request.body).digest()
    return base64.b64encode(hmac.new(plain, request.path.encode() + inner, hashlib.sha512).digest()).decode()
