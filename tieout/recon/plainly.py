"""Values as JSON can hold them, one form for one value: what is recorded and replayed must be equal byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Context, Decimal
from enum import Enum
from typing import Any

from tieout.money import plain

_WRITTEN: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (Enum, lambda one: one.value),
    (Decimal, plain),
    (date, lambda one: one.isoformat()),
)
EXACT = Context(prec=76)  # sums and products of 38-digit numbers keep every digit


def plainly(value: Any) -> Any:
    """Decimals and dates as text, enums by value, dataclasses and mappings as objects, sequences as lists."""
    for kind, written in _WRITTEN:
        if isinstance(value, kind):
            return written(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plainly(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(plainly(key)): plainly(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [plainly(one) for one in value]
        return sorted(items) if isinstance(value, set | frozenset) else items
    return value
