"""Rows whose instrument we cannot name: kept word for word, never dropped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TypeVar

from brokers.http.errors import unreadable
from brokers.http.fields import Row
from tieout.errors import Malformed

T = TypeVar("T")


class Unmapped(Malformed):
    """A row whose instrument we cannot name."""


class UnknownAssetClass(Unmapped):
    """A row of an asset class that this adapter was not written for."""


def word_for_word(row: Row) -> str:
    """The row as JSON, for the list of what could not be mapped."""
    return json.dumps(dict(row.values), default=str, sort_keys=True)


def mapped(found: Iterable[Row], parse: Callable[[Row], T]) -> tuple[tuple[T, ...], tuple[Row, ...], tuple[str, ...]]:
    """Records, rows without an instrument, and faults. An unknown asset class is both of the latter."""
    records: list[T] = []
    unmapped: list[Row] = []
    faults: list[str] = []
    for row in found:
        try:
            records.append(parse(row))
        except Unmapped as error:
            unmapped.append(row)
            if isinstance(error, UnknownAssetClass):
                faults.append(str(error))
        except Malformed as error:
            faults.append(str(error))
    return tuple(records), tuple(unmapped), tuple(faults)


def readable(broker: str, found: Iterable[Row], parse: Callable[[Row], T]) -> tuple[list[T], tuple[str, ...]]:
    """Records and, word for word, rows whose instrument is not known.

    raises   Unreadable: one field that cannot be read fails the whole list
    """
    records: list[T] = []
    unmapped: list[str] = []
    for each in found:
        try:
            records.append(parse(each))
        except Unmapped:
            unmapped.append(word_for_word(each))
        except Malformed as error:
            raise unreadable(broker, str(error), error.received or word_for_word(each)) from error
    return records, tuple(unmapped)
