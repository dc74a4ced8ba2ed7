"""The broker's own words about one thing, found in the raw answers of a snapshot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from sql.snapshots import read_raw
from tieout.ids import SnapshotId

MOST = 5  # rows quoted of one answer
LONGEST = 600  # characters quoted of one row


def raw_answers(warehouse: Connection, snapshot_id: SnapshotId, names: set[str]) -> list[dict[str, Any]]:
    """Every answer of a snapshot, with the rows of it that mention one of the names.

    names    symbols and ids as the venue may write them
    """
    return [
        {
            "part": answer.part,
            "path": answer.path,
            "status": answer.status,
            "received_at": answer.received_at,
            "bytes": len(answer.body),
            "mentions": list(_mentions(answer.body, names)),
        }
        for answer in read_raw(warehouse, snapshot_id)
    ]


def spellings(symbol: str | None) -> set[str]:
    """How venues write a canonical symbol: padded or compact options, pairs with and without their slash."""
    if not symbol:
        return set()
    return {symbol, symbol.replace(" ", ""), symbol.replace("/", ""), symbol.replace("/", "-")}


def _mentions(body: bytes, names: set[str]) -> Iterator[str]:
    try:
        answer = json.loads(body)
    except ValueError:  # truncated or no JSON at all: kept as it is, and quoted by nobody
        return
    found = 0
    for row in answer if isinstance(answer, list) else [answer]:
        if found < MOST and isinstance(row, dict) and names & {value for value in row.values() if type(value) is str}:
            found += 1
            yield json.dumps(row, ensure_ascii=False)[:LONGEST]
