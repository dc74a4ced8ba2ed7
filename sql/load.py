"""The only reader of the .sql files in `sql/queries/`.

A file's header is part of the program: it names the parameters with their types, so that an exact decimal or an instant
is bound as each store needs it, and the columns that come back.

    -- open_breaks: breaks nobody has resolved yet, oldest first.
    -- grain:   one row per break_id
    -- params:  account TEXT, as_of DATE (business date, inclusive)
    -- returns: break_id TEXT, ours DECIMAL, age INT (sessions)
    -- store:   journal            (optional; warehouse where left out)
    -- dialects: duckdb, postgresql (optional; both of the store's where left out)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, LargeBinary, String, TextClause, bindparam, text
from sqlalchemy.sql.expression import TextualSelect
from sqlalchemy.types import TypeEngine

from sql.types import Exact, Ids, Json, Utc
from tieout.errors import StoreError

Query = TextClause | TextualSelect

_TYPES: dict[str, type[TypeEngine[Any]]] = {
    "TEXT": String,
    "DATE": Date,
    "INT": BigInteger,
    "BIGINT": BigInteger,
    "DECIMAL": Exact,
    "TIMESTAMP": Utc,
    "BOOLEAN": Boolean,
    "JSON": Json,
    "BYTES": LargeBinary,
    "IDS": Ids,
}
_KEYWORDS = ("grain", "params", "returns", "store", "dialects")
_NOTHING = frozenset({"", "none", "nothing", "-"})
_DIALECTS = {"journal": ("sqlite", "postgresql"), "warehouse": ("duckdb", "postgresql")}
_COLUMN = re.compile(r"^([a-z_][a-z0-9_]*)\s+([A-Z]+)")


@dataclass(frozen=True, slots=True)
class QueryFile:
    """One .sql file, read and taken apart."""

    name: str
    summary: str
    grain: str
    params: dict[str, str]  # name -> type word
    returns: dict[str, str]
    store: str
    dialects: tuple[str, ...]
    text: str  # without any comment


def query(name: str) -> Query:
    """The statement of that name with typed parameters and, where it returns rows, typed columns.

    raises    StoreError for an unknown name or an incomplete header
    """
    return _statement(name)


def query_text(name: str) -> str:
    """The statement's text without comments, for a driver of its own."""
    return query_file(name).text


@cache
def query_file(name: str) -> QueryFile:
    """The file of that name, taken apart."""
    try:
        source = _sources()[name]
    except KeyError:
        raise StoreError(f"there is no query {name!r} in sql/queries") from None
    return parse(name, source.read_text(encoding="utf-8"))


def all_queries() -> tuple[QueryFile, ...]:
    """Every query, by name."""
    return tuple(query_file(name) for name in sorted(_sources()))


def parse(name: str, source: str) -> QueryFile:
    """Take a .sql file apart.

    raises    StoreError naming the file and what its header lacks
    """
    header = _header(name, source)
    missing = [word for word in (name, "grain", "params", "returns") if word not in header]
    if missing:
        raise StoreError(f"query {name}: the header lacks {', '.join(f'`-- {word}:`' for word in missing)}")
    store = header.get("store", "warehouse")
    if store not in _DIALECTS:
        raise StoreError(f"query {name}: store is journal or warehouse, not {store!r}")
    dialects = tuple(word.strip() for word in header["dialects"].split(",")) if "dialects" in header else ()
    return QueryFile(
        name,
        header[name],
        header["grain"],
        _columns(name, header["params"]),
        _columns(name, header["returns"]),
        store,
        dialects or _DIALECTS[store],
        without_comments(source),
    )


def without_comments(source: str) -> str:
    """The statement alone: a `:word` in a comment would become a parameter. Text in quotes is left as it is."""
    return (
        re.sub(r"('(?:[^']|'')*')|--[^\n]*|/\*.*?\*/", lambda m: m[1] or "", source, flags=re.DOTALL)
        .strip()
        .rstrip(";")
    )


@cache
def _statement(name: str) -> Query:
    parts = query_file(name)
    statement = text(parts.text).bindparams(
        *(bindparam(param, type_=_type(name, kind)) for param, kind in parts.params.items())
    )
    if not parts.returns:
        return statement
    return statement.columns(**{column: _type(name, kind) for column, kind in parts.returns.items()})


def _header(name: str, source: str) -> dict[str, str]:
    """Keyword -> text of the comment lines at the top; a line without a keyword continues the one above."""
    header: dict[str, str] = {}
    keyword = ""
    for line in source.splitlines():
        if not line.startswith("--"):
            break
        body = line[2:].strip()
        word, colon, rest = body.partition(":")
        if colon and word in (name, *_KEYWORDS):
            keyword, header[word] = word, rest.strip()
        elif keyword:
            header[keyword] = f"{header[keyword]} {body}"
    return header


def _columns(name: str, listed: str) -> dict[str, str]:
    """`a TEXT, b DECIMAL(38,18) (units)` as names and type words; remarks in parentheses are dropped."""
    if listed.strip().rstrip(".").lower() in _NOTHING:
        return {}
    columns = {}
    for part in re.sub(r"\([^()]*\)", "", listed).split(","):
        found = _COLUMN.match(part.strip())
        if found is None:
            raise StoreError(f"query {name}: {part.strip()!r} is not `name TYPE`")
        columns[found[1]] = found[2]
        _type(name, found[2])
    return columns


def _type(name: str, word: str) -> TypeEngine[Any]:
    try:
        return _TYPES[word]()
    except KeyError:
        raise StoreError(f"query {name}: type {word} is unknown; known are {', '.join(_TYPES)}") from None


@cache
def _sources() -> dict[str, Traversable]:
    found: dict[str, Traversable] = {}
    _walk(files("sql") / "queries", found)
    return found


def _walk(folder: Traversable, found: dict[str, Traversable]) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            _walk(entry, found)
        elif entry.name.endswith(".sql"):
            name = entry.name.removesuffix(".sql")
            if name in found:
                raise StoreError(f"two queries are called {name}")
            found[name] = entry
