"""The paper broker's signature: two headers on every request."""

from __future__ import annotations

from brokers.credentials import Credential
from brokers.http.transport import Transport


def signed_transport(endpoint: str, credential: Credential, timeout_s: float, *, behind_proxy: bool) -> Transport:
    """A client of one account; see `brokers.http.transport.Transport`."""
    headers = {"X-Key-Id": credential.key_id, "X-Key-Secret": credential.secret}
    return Transport(endpoint, headers, timeout_s, behind_proxy=behind_proxy)
