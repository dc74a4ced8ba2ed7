"""Taking secrets out of what is kept or shown: known values first, then everything that looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

GONE = "[redacted]"
SHORTEST = 4  # a shorter "secret" would blank ordinary words
_NAMES = (
    r"(?:authorization|apca-api-[a-z-]+|x-api-key|api[-_ ]?key|api[-_ ]?secret|secret(?:[-_ ]?key)?|access[-_ ]?token"
    r"|refresh[-_ ]?token|token|password|passwd|passphrase|signature|private[-_ ]?key|cookie)"
)
_NAME = re.compile(rf"^{_NAMES}$", re.IGNORECASE)
_PAIR = re.compile(
    rf"(?P<name>\b{_NAMES}\b[\"']?\s*[=:]\s*[\"']?(?:(?:bearer|basic)\s+)?)(?P<value>[^\s\"',;&}}]+)", re.I
)
_BEARER = re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_USERINFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^\s/@:]*)(?::(?P<word>[^\s/@]*))?@", re.IGNORECASE)


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the given secrets, and without what stands behind a name such as `token=`."""
    for secret in sorted({one for one in secrets if len(one) >= SHORTEST}, key=len, reverse=True):
        text = text.replace(secret, GONE)
    text = _USERINFO.sub(lambda found: f"{found['scheme']}{GONE}@", text)
    text = _PAIR.sub(lambda found: f"{found['name']}{GONE}", text)
    return _BEARER.sub(lambda found: f"{found[1]} {GONE}", text)


def redact_url(url: str, secrets: Iterable[str] = ()) -> str:
    """A URL without user, password and secret parameters."""
    return redact_text(url, secrets)


def redact_headers(headers: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """HTTP headers without the values of those that carry credentials."""
    known = tuple(secrets)
    return {name: GONE if _NAME.match(name) else redact_text(value, known) for name, value in headers.items()}


def redact_json(value: Any, secrets: Iterable[str] = ()) -> Any:
    """A nested value without what stands under secret names, and without the given secrets anywhere."""
    known = tuple(secrets)
    if isinstance(value, Mapping):
        return {key: GONE if _is_name(key) else redact_json(one, known) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [redact_json(one, known) for one in value]
    return redact_text(value, known) if isinstance(value, str) else value


def _is_name(key: object) -> bool:
    return isinstance(key, str) and _NAME.match(key) is not None
