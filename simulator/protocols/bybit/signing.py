"""Who signed a request to Bybit: HMAC-SHA256 of stamp, key, window, and the exact query or body.

Source: "Integration Guidance" of the venue's v5 documentation.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from simulator.key_ring import KeyRing, VenueKey
from simulator.protocols.bybit.codes import refused
from simulator.protocols.coins.face import is_same, signed
from simulator.protocols.wire import FaceRequest

_AHEAD_MS = 1_000


def signer(keys: KeyRing, request: FaceRequest, time_ms: int) -> VenueKey:
    """The key that signed a request. Raises Refused."""
    name, stamp = request.headers.get("x-bapi-api-key", ""), request.headers.get("x-bapi-timestamp", "")
    window = request.headers.get("x-bapi-recv-window", "5000")
    key = keys.by_id(name)
    if key is None:
        raise refused(10003, "API key is invalid.", time_ms)
    if not stamp.isdecimal() or not window.isdecimal():
        raise refused(10001, "Request parameter error", time_ms)
    if not time_ms - int(window) <= int(stamp) < time_ms + _AHEAD_MS:
        words = "invalid request, please check your server timestamp or recv_window param. "
        told = f"req_timestamp[{stamp}],server_timestamp[{time_ms}],recv_window[{window}]"
        raise refused(10002, words + told, time_ms)
    text = urlsplit(request.target).query if request.method == "GET" else request.body.decode()
    ours = signed(key.secret, f"{stamp}{name}{window}{text}").hex()
    if not is_same(ours, request.headers.get("x-bapi-sign", "")):
        raise refused(10004, "error sign! please check your signature generation algorithm.", time_ms)
    if request.method == "POST" and "trade" not in key.rights:
        raise refused(10005, "Permission denied, please check your API key permissions.", time_ms)
    return key
