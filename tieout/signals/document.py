"""Bytes as payloads: JSON and CSV, read strictly. Every value stays the text that was written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

from tieout.errors import Malformed
from tieout.imports.csv_table import SourceFile, rows_under
from tieout.signals.types import Kept, RefusalCode, RefusedError

MOST_DEPTH = 8  # levels of lists and objects; a signal has one
MOST_ROWS = 1_000  # wishes in one file
_SHOWN = 2_000  # characters of a text that are kept of something unreadable


def read_json(body: bytes) -> Kept:
    """The value of a JSON text; its numbers, NaN too, as text.

    raises    RefusedError for anything that is no JSON, holds a name twice, or lies too deep
    """
    doubled: list[str] = []

    def pairs(found: list[tuple[str, Kept]]) -> dict[str, Kept]:
        value = dict(found)
        if len(value) < len(found):
            doubled.extend(name for name, count in Counter(name for name, _ in found).items() if count > 1)
        return value

    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=pairs, parse_float=str, parse_int=str, parse_constant=str)
    except UnicodeDecodeError as error:
        raise RefusedError(RefusalCode.UNREADABLE, f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise RefusedError(RefusalCode.UNREADABLE, f"not JSON at {where}: {error.msg}") from None
    except RecursionError:
        raise _too_deep() from None
    if depth(value) > MOST_DEPTH:
        raise _too_deep()
    if doubled:
        raise RefusedError(RefusalCode.UNREADABLE, f"the name {doubled[0][:64]!r} stands there twice", doubled[0][:64])
    return _of(value)


def read_wishes(name: str, body: bytes) -> list[Kept]:
    """The wishes of a file: a CSV with a header, a JSON object or list, or one JSON object per line (`.jsonl`).

    name      its ending says which
    raises    RefusedError where the file as a whole cannot be read
    """
    if name.lower().endswith(".csv"):
        wishes = _csv(name, body)
    elif name.lower().endswith(".jsonl"):
        wishes = [read_json(line) for line in body.splitlines() if line.strip()]
    else:
        value = read_json(body)
        wishes = value if isinstance(value, list) else [value]
    if not wishes:
        raise RefusedError(RefusalCode.UNREADABLE, "the file holds no signal")
    if len(wishes) > MOST_ROWS:
        raise RefusedError(RefusalCode.TOO_LARGE, f"{len(wishes)} signals in one file, {MOST_ROWS} are the most")
    return wishes


def unreadable(body: bytes) -> dict[str, Kept]:
    """What is kept of a body that could not be read: its beginning."""
    return {"body": clean(body[:_SHOWN].decode("utf-8", "backslashreplace"))}


def clean(text: str) -> str:
    """The text with whatever no store can hold written out."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def depth(value: object) -> int:
    """Levels of lists and objects in a value; zero for a scalar. Without recursion, for it guards others against it."""
    deepest, waiting = 0, [(value, 0)]
    while waiting:
        one, level = waiting.pop()
        deepest = max(deepest, level)
        if isinstance(one, Mapping):
            waiting += [(each, level + 1) for each in one.values()] or [(None, level + 1)]
        elif isinstance(one, list):
            waiting += [(each, level + 1) for each in one] or [(None, level + 1)]
    return deepest


def _too_deep() -> RefusedError:
    return RefusedError(RefusalCode.UNREADABLE, f"more than {MOST_DEPTH} levels of lists and objects")


def _of(value: object) -> Kept:
    """Names and texts cleaned."""
    if isinstance(value, dict):
        return {clean(str(name)): _of(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_of(one) for one in value]
    return clean(value) if isinstance(value, str) else value  # type: ignore[return-value]


def _csv(name: str, body: bytes) -> list[Kept]:
    try:
        return [_of(dict(row.cells)) for row in rows_under(SourceFile(name, body))]
    except Malformed as error:
        raise RefusedError(RefusalCode.UNREADABLE, str(error)) from None
