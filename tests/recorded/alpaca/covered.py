"""Which recorded file which test reads, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

TestT = TypeVar("TestT", bound=Callable[..., None])

COVERED: set[str] = set()


def covers(*files: str) -> Callable[[TestT], TestT]:
    """Mark a test as the one that reads these files."""

    def mark(test: TestT) -> TestT:
        COVERED.update(files)
        return test

    return mark
