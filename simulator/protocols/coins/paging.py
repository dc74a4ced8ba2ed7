"""Pages of a list that is shown newest first and goes on behind the last number seen: new rows shift nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

RecordT = TypeVar("RecordT")


@dataclass(frozen=True, slots=True)
class Page(Generic[RecordT]):
    """One page.

    last    the number to go on behind; None where the page was not full
    """

    rows: list[tuple[int, RecordT]]
    last: int | None


def newest_first(every: Iterable[tuple[int, RecordT]], limit: int, behind: int | None) -> Page[RecordT]:
    """Rows with a smaller number than `behind`, the largest first."""
    rows = sorted((one for one in every if behind is None or one[0] < behind), key=lambda one: one[0], reverse=True)
    shown = rows[:limit]
    return Page(shown, shown[-1][0] if len(shown) == limit else None)
