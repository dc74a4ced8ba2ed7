"""A suite before Great Expectations sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sql.quality.subject import Subject

Expectations = list[Any]  # of great_expectations' Expectation, which must not be imported yet


@dataclass(frozen=True, slots=True)
class Suite:
    """Expectations over one batch.

    name            what it is about; every result carries it
    batch           query in `sql/queries/quality` whose rows it judges
    expectations    made late, for that imports Great Expectations
    """

    name: str
    batch: str
    expectations: Callable[[Subject], Expectations]
