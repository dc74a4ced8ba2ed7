"""Who signed a request to Coinbase: a token made for this one request, or the older HMAC headers.

Source: "API Key Authentication" of the venue's documentation. A token lives two minutes, is signed with the key's
elliptic curve (ES256), and names method and path. The host that it names is not checked: on loopback it is another.
"""

from __future__ import annotations

import base64
import json
from urllib.parse import urlsplit

from simulator.key_ring import KeyRing, VenueKey
from simulator.protocols.coins.face import is_same, signed
from simulator.protocols.coins.refusals import Refused
from simulator.protocols.wire import FaceRequest

_WITHIN_S = 30
_LONGEST_S = 120
_HALF = 32  # bytes of each of the two numbers of a signature on P-256


def signer(keys: KeyRing, request: FaceRequest, time_ms: int) -> VenueKey:
    """The key that signed a request. Raises Refused."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    key = _by_token(keys, request, token, time_ms) if scheme == "Bearer" else _by_headers(keys, request, time_ms)
    if request.method == "POST" and "trade" not in key.rights:
        raise refused("PERMISSION_DENIED", "Missing required scopes", 403)
    return key


def refused(error: str, words: str, status: int) -> Refused:
    """A refusal of the whole request."""
    return Refused(status, {"error": error, "error_details": words, "message": words})


def unauthorised() -> Refused:
    """The venue says no more than this."""
    return refused("unauthorized", "Unauthorized", 401)


def _by_headers(keys: KeyRing, request: FaceRequest, time_ms: int) -> VenueKey:
    key = keys.by_id(request.headers.get("cb-access-key", ""))
    stamp = request.headers.get("cb-access-timestamp", "")
    if key is None or not stamp.isdecimal() or abs(int(stamp) - time_ms // 1_000) > _WITHIN_S:
        raise unauthorised()
    path = urlsplit(request.target).path if request.path.startswith("/api/v3") else request.target  # v2 signs the query
    ours = signed(key.secret, f"{stamp}{request.method}{path}{request.body.decode()}").hex()
    if not is_same(ours, request.headers.get("cb-access-sign", "")):
        raise unauthorised()
    return key


def _by_token(keys: KeyRing, request: FaceRequest, token: str, time_ms: int) -> VenueKey:
    try:
        head, claims, signature = token.split(".")
        said = json.loads(_decoded(claims))
        key, names = keys.by_id(str(said["sub"])), str(said["uri"]).partition(" ")
        begins, ends = int(said["nbf"]), int(said["exp"])
        mark = _decoded(signature)
    except (ValueError, KeyError, TypeError):
        raise unauthorised() from None
    now, path = time_ms // 1_000, urlsplit(request.target).path
    in_time = begins - 1 <= now < ends and ends - begins <= _LONGEST_S
    if key is None or not in_time or names[0] != request.method or not names[2].endswith(path):
        raise unauthorised()
    if not _is_signed(key.secret, f"{head}.{claims}".encode(), mark):
        raise unauthorised()
    return key


def _is_signed(pem: str, text: bytes, mark: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    own = load_pem_private_key(pem.encode(), None)
    if not isinstance(own, ec.EllipticCurvePrivateKey) or len(mark) != 2 * _HALF:
        return False
    first, second = (int.from_bytes(part) for part in (mark[:_HALF], mark[_HALF:]))
    try:
        own.public_key().verify(utils.encode_dss_signature(first, second), text, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
