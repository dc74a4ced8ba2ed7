"""Who signed a request to OKX: HMAC-SHA256 of stamp, method, path with query, and body, in base64; and a passphrase.

Source: "REST Authentication" of the venue's v5 documentation.
"""

from __future__ import annotations

import base64
from datetime import datetime

from simulator.key_ring import KeyRing, VenueKey
from simulator.protocols.coins.face import is_same, signed
from simulator.protocols.coins.rows import milliseconds
from simulator.protocols.okx.codes import refused
from simulator.protocols.wire import FaceRequest

_WITHIN_MS = 30_000
_UNAUTHORISED = 401


def signer(keys: KeyRing, request: FaceRequest, time_ms: int, passphrase: str) -> VenueKey:
    """The key that signed a request. Raises Refused."""
    sent = {name: request.headers.get(f"ok-access-{name}", "") for name in ("key", "sign", "timestamp", "passphrase")}
    key = keys.by_id(sent["key"])
    if key is None:
        raise refused("50111", "Invalid OK-ACCESS-KEY", _UNAUTHORISED)
    if not is_same(passphrase, sent["passphrase"]):
        raise refused("50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect.', _UNAUTHORISED)
    if abs(_stamp(sent["timestamp"]) - time_ms) > _WITHIN_MS:
        raise refused("50102", "Timestamp request expired", _UNAUTHORISED)
    text = f"{sent['timestamp']}{request.method}{request.target}{request.body.decode()}"
    if not is_same(base64.b64encode(signed(key.secret, text)).decode(), sent["sign"]):
        raise refused("50113", "Invalid Sign", _UNAUTHORISED)
    if request.method == "POST" and "trade" not in key.rights:
        raise refused("50120", "This API key doesn't have permission to use this function", _UNAUTHORISED)
    return key


def _stamp(text: str) -> int:
    try:
        return milliseconds(datetime.fromisoformat(text))
    except ValueError:
        raise refused("50112", "Invalid OK-ACCESS-TIMESTAMP", _UNAUTHORISED) from None
