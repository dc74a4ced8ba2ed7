"""Secrets taken out of text, bytes, headers, URLs and JSON before any of it is written down. Pure.

Every secret that is opened is remembered here for as long as the process lives, and looked for in all that follows.
Two nets, one behind the other: secrets that the caller knows, in every spelling in which they travel, and what stands
where secrets stand (`Authorization`, `token=`, the password of a URL, a webhook's path, a private key). A name counts
by its words, so `clientSecret`, `ALPACA_API_SECRET` and `apca-api-secret-key` are all found, and `settlement` is not.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from html import escape
from itertools import pairwise
from typing import Any
from urllib.parse import quote, quote_plus

REMOVED = "***"
SHORTEST_REMEMBERED = 8  # a short one may be a word that stands everywhere
_BEYOND = 4096  # bytes, more than the longest secret
_SHORTEST_WITHIN = 8  # characters of base64 that are no accident
SHORTEST_SECRET = 4  # shorter text would blank out half of what it is looked for in; longer than REMOVED, see _known

_ENDINGS = ("password", "passwd", "passphrase", "secret", "secrets", "token", "tokens", "apikey", "signature")
_WORDS = frozenset({"pwd", "sig", "authorization", "cookie", "hmac", "jwt", "otp"})
_PAIRS = frozenset({"api key", "access key", "private key", "session id", "session key", "key id"})
_HARMLESS = re.compile(r"(?:^|_)page_token$")  # a place in a list, which opens nothing
_WHOLE_LINE = frozenset({"authorization", "cookie"})  # their values hold spaces, commas and semicolons

_NAME = re.compile(r"""(?<![\w-])([\w-]{1,128})(?:\\?["']\s*[:=,]\s*b?|\s*(?:[:=>]|%3[dD])\s*)""")
_QUOTED = r"""\\"(?:(?!\\").)*(?:\\")?|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?"""
_VALUE = re.compile(rf"""({_QUOTED})|(?:(?!%26)[^\s,;&"'<>(){{}}\[\]|])+""")
_LINE = re.compile(rf"""({_QUOTED})|[^\n"'<>]+""")
_URL = re.compile(r"""[A-Za-z][A-Za-z0-9+.-]{0,31}://[^\s"'<>\\]+""")
_OPEN_SCHEMES = re.compile(
    r"(?:https?|wss?|file|sqlite|duckdb|postgres(?:ql)?|mysql|redis|amqps?)(?:\+\w+)?", re.IGNORECASE
)
_WEBHOOK = re.compile(r"/(services|webhooks?\w*|hooks?|incoming|bot(?=\d))(?:/|(?<=bot))[^?#]*", re.IGNORECASE)
_WEBHOOK_HOST = re.compile(r"(?:^|\.)(?:hooks?|webhooks?)\.", re.IGNORECASE)
_SHAPES = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"),  # a JSON web token
    # an Alpaca key id; an adjusted option's compact symbol may look like one and is none
    re.compile(r"\b(?![A-Z0-9]{1,6}\d{6}[CP]\d{8}\b)[APC]K[A-Z0-9]{18,24}\b"),
    re.compile(r"(?<=\b(?i:bearer) )(?:(?=\S*[A-Z0-9._=/+-])\S{8,}|\S{16,})"),
    re.compile(r"(?<=\b(?i:basic) )(?=\S*[A-Z0-9=+/])[A-Za-z0-9+/]{8,}={0,2}"),
)


_REMEMBERED: set[str] = set()


def remember(*secrets: str) -> None:
    """From now on look for these in everything; those shorter than SHORTEST_REMEMBERED are left to who knows them."""
    _REMEMBERED.update(one for one in secrets if len(one) >= SHORTEST_REMEMBERED)


def forget() -> None:
    """Look for none of them any more: for tests, which share a process."""
    _REMEMBERED.clear()


def without(text: str, secrets: Iterable[str]) -> str:
    """`text` without these secrets, in every spelling in which they travel, and otherwise as it was."""
    return _known(text, _all_spellings(frozenset(secrets)))


def bytes_without(body: bytes, secrets: Iterable[str]) -> bytes:
    """As `without`."""
    return without(body.decode("utf-8", "surrogateescape"), secrets).encode("utf-8", "surrogateescape")


def known_removed(text: str) -> str:
    """`text` without the secrets that are remembered, and otherwise as it was: for messages in our own words."""
    return _known(text, _every(()))


def beginning(body: bytes, most: int) -> str:
    """The first `most` characters of a body. Secrets are removed before it is cut: half of one is not recognised."""
    return known_removed(body[: 4 * most + _BEYOND].decode("utf-8", "replace"))[:most]


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the known secrets and without what stands where secrets stand.

    secrets    whole values; those shorter than SHORTEST_SECRET are not looked for
    """
    return _cleared(text, _every(secrets))


def redact_bytes(body: bytes, secrets: Iterable[str] = ()) -> bytes:
    """As `redact_text`; bytes that are no UTF-8 come back as they were."""
    return _cleared_bytes(body, _every(secrets))


def redact_headers(headers: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """Headers with the values of the secret ones removed, and the others looked through."""
    known = _every(secrets)
    return {name: REMOVED if is_secret_name(name) else _cleared(value, known) for name, value in headers.items()}


def redact_json(value: Any, secrets: Iterable[str] = ()) -> Any:
    """A JSON value of the same shape: whatever a secret name holds is removed, and every text is looked through."""
    return _json(value, _every(secrets))


def redact_url(url: str, secrets: Iterable[str] = ()) -> str:
    """A URL that still says where it leads: without user and password, secret parameters and webhook paths.

    Of a scheme that is not known to be harmless only the scheme is left: in Apprise's URLs (`tgram://TOKEN/CHAT`) any
    part may be the secret.
    """
    known = _every(secrets)
    return _known(_url(_known(url, known)), known)


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether what is called so (a header, field, parameter or variable) is a secret, judged by the name's words."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()
    words = [word for word in re.split(r"[^a-z0-9]+", snake) if word]
    if not words or _HARMLESS.search(snake):
        return False
    if words[-1] == "sign" or any(word in _WORDS or word.endswith(_ENDINGS) for word in words):
        return True
    return any(f"{one} {two}" in _PAIRS for one, two in pairwise(words))


def _cleared(text: str, known: tuple[str, ...]) -> str:
    return _known(_patterns(_known(text, known)), known)


def _cleared_bytes(body: bytes, known: tuple[str, ...]) -> bytes:
    return _cleared(body.decode("utf-8", "surrogateescape"), known).encode("utf-8", "surrogateescape")


def _known(text: str, spellings: tuple[str, ...]) -> str:
    """Overlapping secrets go together. Again until none is left: each removal makes the text shorter, so it ends."""
    while spans := sorted(_spans(text, spellings)):
        merged = [spans[0]]
        for start, end in spans[1:]:
            if start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        for start, end in reversed(merged):
            text = text[:start] + REMOVED + text[end:]
    return text


def _spans(text: str, spellings: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for one in spellings:
        start = text.find(one)
        while start >= 0:
            yield start, start + len(one)
            start = text.find(one, start + 1)


def _every(secrets: Iterable[str]) -> tuple[str, ...]:
    return _all_spellings(frozenset(secrets) | _REMEMBERED)


@lru_cache(maxsize=64)
def _all_spellings(secrets: frozenset[str]) -> tuple[str, ...]:
    return _spellings(secrets)


def _spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """Each secret as it stands in text, JSON, `repr`, HTML, a URL, and a Basic header's payload."""
    found: set[str] = set()
    for one in {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}:
        coded = one.encode("utf-8", "surrogatepass")
        percent = {quote(coded, safe=""), quote(coded), quote_plus(coded)}
        found |= {one, json.dumps(one)[1:-1], json.dumps(one, ensure_ascii=False)[1:-1], repr(one)[1:-1], escape(one)}
        found |= percent | {re.sub("%..", lambda m: m[0].lower(), each) for each in percent}
        found.add(b64encode(coded).decode().rstrip("="))
        found |= _within_base64(coded)
    return tuple(sorted(found))


def _within_base64(secret: bytes) -> set[str]:
    """What stands for a secret wherever base64 was made of something longer, such as `key:secret` of a Basic header.

    Three places are possible; the characters at either end that also depend on the neighbours are left out.
    """
    found = set()
    for before in range(3):
        coded = b64encode(b"\x00" * before + secret).decode()
        sure = coded[-(-before * 4 // 3) : (before + len(secret)) * 4 // 3]
        if len(sure) >= _SHORTEST_WITHIN:
            found |= {sure, sure.replace("+", "-").replace("/", "_")}
    return found


def _patterns(text: str) -> str:
    return _shapes(_names(_URL.sub(lambda found: _url(found[0]), text)))


def _url(url: str) -> str:
    scheme, found, rest = url.partition("://")
    if not found:
        return _names(url)
    if not _OPEN_SCHEMES.fullmatch(scheme):
        return f"{scheme}://{REMOVED}"
    return f"{scheme}://{_shapes(_names(_webhook(_without_user(rest))))}"


def _shapes(text: str) -> str:
    for shape in _SHAPES:
        text = shape.sub(REMOVED, text)
    return text


def _names(text: str) -> str:
    """`token=…`, `"token": "…"`, `<token>…`: the value behind every secret name."""
    parts: list[str] = []
    done = 0
    for found in _NAME.finditer(text):
        if found.start() < done or not is_secret_name(found[1]):
            continue
        value = (_LINE if _holds_a_line(found[1]) else _VALUE).match(text, found.end())
        if value is None:
            continue
        parts += [text[done : found.end()], _blanked(value[0]) if value[1] else REMOVED]
        done = value.end()
    return "".join([*parts, text[done:]])


def _holds_a_line(name: str) -> bool:
    return not _WHOLE_LINE.isdisjoint(name.lower().replace("_", "-").split("-"))


def _blanked(quoted: str) -> str:
    """The value gone, its quotes kept, so that JSON stays JSON."""
    mark = '\\"' if quoted.startswith("\\") else quoted[0]
    return mark + REMOVED + (mark if len(quoted) > len(mark) and quoted.endswith(mark) else "")


def _without_user(rest: str) -> str:
    """What follows `scheme://`, without `user:password@`, also where the password holds a `/` or an `@`."""
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    port = authority.rpartition(":")[2] if ":" in authority and not authority.endswith("]") else ""
    if "@" in rest and ("@" in authority or not re.fullmatch(r"\d*", port)):
        return f"{REMOVED}@{rest[rest.rfind('@') + 1 :]}"
    return rest


def _webhook(rest: str) -> str:
    """What names the service stays, what lets one post to it goes."""
    host, slash, path = rest.partition("/")
    shown = _WEBHOOK.sub(rf"/\1/{REMOVED}", slash + path)
    if path and not _WEBHOOK.search(slash + path) and _WEBHOOK_HOST.search(host):
        return f"{host}/{REMOVED}"
    return host + shown


def _json(value: Any, known: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return _cleared(value, known)
    if isinstance(value, bytes):
        return _cleared_bytes(value, known)
    if isinstance(value, Mapping):
        return {
            _known(name, known) if isinstance(name, str) else name: _field(name, one, known)
            for name, one in value.items()
        }
    if isinstance(value, list | tuple):
        return type(value)(_json(one, known) for one in value)
    return REMOVED if str(value) in known else value


def _field(name: object, value: Any, known: tuple[str, ...]) -> Any:
    hides = isinstance(name, str) and is_secret_name(name) and value is not None and not isinstance(value, bool)
    return REMOVED if hides else _json(value, known)
