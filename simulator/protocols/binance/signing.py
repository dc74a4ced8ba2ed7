"""Who signed a request to Binance: HMAC-SHA256 over the exact query and body, `signature` last.

Source: "Endpoint security type" and "Timing security" of the venue's REST documentation.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from simulator.key_ring import KeyRing, VenueKey
from simulator.protocols.binance.codes import refused
from simulator.protocols.coins.face import is_same, signed
from simulator.protocols.wire import FaceRequest

_MARK = "signature="
_WINDOW_MS = 5_000
_LONGEST_WINDOW_MS = 60_000
_AHEAD_MS = 1_000


def key_of(keys: KeyRing, request: FaceRequest) -> VenueKey:
    """The key that a request names, whoever signed it. Raises Refused."""
    name = request.headers.get("x-mbx-apikey", "")
    key = keys.by_id(name)
    if not name or not name.isalnum():
        raise refused(-2014, "API-key format invalid.", 401)
    if key is None:
        raise refused(-2015, "Invalid API-key, IP, or permissions for action.", 401)
    return key


def require_signed(key: VenueKey, request: FaceRequest, fields: dict[str, str], time_ms: int) -> None:
    """Check stamp and signature. Raises Refused."""
    stamp = fields.get("timestamp", "")
    if not stamp.isdecimal():
        raise refused(-1102, "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.")
    window = fields.get("recvWindow") or str(_WINDOW_MS)
    if not window.isdecimal() or int(window) > _LONGEST_WINDOW_MS:
        raise refused(-1131, "recvWindow must be less than 60000")
    if int(stamp) >= time_ms + _AHEAD_MS:
        raise refused(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if time_ms - int(stamp) > int(window):
        raise refused(-1021, "Timestamp for this request is outside of the recvWindow.")
    text = urlsplit(request.target).query + request.body.decode()
    before, mark, sent = text.rpartition(_MARK)
    if not mark or not is_same(signed(key.secret, before.removesuffix("&")).hex(), sent):
        raise refused(-1022, "Signature for this request is not valid.")
