"""A venue's key management: list, make and revoke API keys. One small JSON protocol.

    GET    /v1/keys            {"items": [{"id": …, "label": …, "key_id": …, "rights": [...], "ip_allow_list": [...]}]}
    POST   /v1/keys            {"label", "rights", "ip_allow_list"} -> the same with "secret", this once
    DELETE /v1/keys/{id}       204; 404 where it is gone

Making a key is a write that cannot be asked for twice: where its answer is lost, the key is looked for by its label.
Adapters of venues with a key management of their own offer the same three verbs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from brokers.credentials import Credential
from brokers.http.calls import About, CallLog, Came, noting
from brokers.http.telling import is_loopback
from tieout.errors import Ambiguous, ConfigError, NotFound, RateLimited, Rejected, Unauthorised, Unavailable, Unreadable
from tieout.redact import remember

BROKER = "keys"
TRADING = ("read", "trade")
"""What a key of ours may do, and nothing else."""
_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One key as the venue lists it."""

    handle: str
    label: str
    key_id: str = field(repr=False)
    rights: tuple[str, ...] = ()
    ip_allow_list: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret, which the venue tells this once."""

    entry: KeyEntry
    secret: str = field(repr=False)


class KeyManager:
    """The key management at a base URL, asked with a credential that may use it.

    calls     where each request is noted, for the audit trail
    clock     aware UTC
    raises    leaves of BrokerError: a lost answer to a write is Ambiguous, to a read Unavailable
    """

    def __init__(self, base_url: str, credential: Credential, calls: CallLog, clock: Callable[[], datetime]) -> None:
        if not base_url.startswith("https://") and not is_loopback(base_url):
            raise ConfigError(f"manage: {base_url!r} would send secrets unencrypted to another machine; use https")
        self._base_url = base_url.rstrip("/")
        self._credential = credential
        self._calls = calls
        self._clock = clock

    def list_keys(self) -> tuple[KeyEntry, ...]:
        """Every key of the account that works."""
        content = self._ask("GET", "/v1/keys")
        rows = content.get("items") if isinstance(content, dict) else None
        if not isinstance(rows, list):
            raise Unreadable(BROKER, "the list of keys cannot be read")
        return tuple(self._entry(row) for row in rows)

    def create_key(self, label: str, rights: Sequence[str], ip_allow_list: Sequence[str] = ()) -> NewKey:
        """A new key."""
        asked = {"label": label, "rights": list(rights), "ip_allow_list": list(ip_allow_list)}
        content = self._ask("POST", "/v1/keys", asked)
        secret = content.get("secret") if isinstance(content, dict) else None
        if not isinstance(secret, str) or not secret:
            raise Ambiguous(BROKER, "the answer to making a key holds no secret that can be read")
        remember(secret)
        return NewKey(self._entry(content), secret)

    def revoke_key(self, handle: str) -> None:
        """End a key; one that is gone already is fine."""
        try:
            self._ask("DELETE", f"/v1/keys/{handle}")
        except NotFound:
            return

    def _entry(self, row: Any) -> KeyEntry:
        try:
            return KeyEntry(
                row["id"], row["label"], row["key_id"], tuple(row["rights"]), tuple(row.get("ip_allow_list") or ())
            )
        except (KeyError, TypeError, AttributeError):
            raise Unreadable(BROKER, "an entry of the list of keys cannot be read") from None

    def _ask(self, method: str, path: str, content: dict[str, Any] | None = None) -> Any:
        with noting(self._calls, About(BROKER, "keys", method, path), self._clock()) as came:
            return self._asked(came, method, path, content)

    def _asked(self, came: Came, method: str, path: str, content: dict[str, Any] | None) -> Any:
        import httpx

        headers = {"X-Key-Id": self._credential.key_id, "X-Key-Secret": self._credential.secret}
        lost = Unavailable if method == "GET" else Ambiguous
        try:
            with httpx.Client(timeout=_TIMEOUT_S, trust_env=not is_loopback(self._base_url)) as http:
                answer = http.request(method, self._base_url + path, json=content, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            came.reached = False
            raise Unavailable(BROKER, f"the key management cannot be reached ({type(error).__name__})") from None
        except httpx.RequestError as error:
            raise lost(BROKER, f"no answer from the key management ({type(error).__name__})") from None
        came.status, came.received_bytes = answer.status_code, len(answer.content)
        if answer.status_code >= 400:
            raise self._refused(answer.status_code, lost)
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise lost(BROKER, "the answer of the key management cannot be read") from None

    def _refused(self, status: int, lost: type[Unavailable] | type[Ambiguous]) -> Exception:
        known = {401: Unauthorised, 403: Unauthorised, 404: NotFound, 429: RateLimited}
        kind = known.get(status) or (Rejected if status < 500 else lost)
        return kind(BROKER, f"the key management answered {status}")
