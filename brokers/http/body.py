"""JSON bodies to Python values without losing a digit."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from brokers.http.answers import shown
from tieout.errors import Malformed


def read_json(body: bytes, fraction: Callable[[str], object] | None = None) -> object:
    """The value that `body` writes; fractions as Decimal with every digit.

    fraction  what a number with a point or exponent becomes instead, from its text
    raises   Malformed for anything that is not one JSON value: HTML, truncation, NaN, a key given twice, wrong encoding
    """
    try:
        value: object = json.loads(
            body, parse_float=fraction or _decimal, parse_constant=_no_number, object_pairs_hook=_object_without_repeats
        )
    except Malformed as error:
        raise Malformed(str(error), received=shown(body)) from None
    except (ValueError, RecursionError) as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        raise Malformed(f"not JSON ({_what(body)}: {error})", received=shown(body)) from None
    return value


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Malformed(f"the number {text[:40]} has an exponent out of all bounds") from None


def _no_number(text: str) -> NoReturn:
    raise Malformed(f"{text} stands where a number should be")


def _object_without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed(f"an object gives a key twice ({', '.join(name for name, _ in pairs)[:200]})")
    return found


def _what(body: bytes) -> str:
    start = body[:200].lstrip().lower()
    if not start:
        return "an empty body"
    return "an HTML page" if start.startswith((b"<!doctype", b"<html", b"<")) else f"{len(body)} bytes"
