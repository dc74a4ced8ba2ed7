"""What every case uses: a clock, and the warehouse's URL in the run's folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Measurement = dict[str, Any]  # seconds, and whatever else the case found out
Case = Callable[[int, Path], Measurement]


class Clock:
    """Seconds spent inside its block."""

    seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds = time.perf_counter() - began

    def measured(self, **more: Any) -> Measurement:
        """The seconds with what the case adds."""
        return {"seconds": self.seconds, **more}


def warehouse_url(folder: Path, rows: int) -> str:
    """Of the warehouse that holds that many positions."""
    return f"duckdb:///{folder / f'warehouse-{rows}.duckdb'}"


def found_alike(**found: int) -> None:
    """Peers that did the same work found the same.

    raises    RuntimeError naming what each found
    """
    if len(set(found.values())) != 1:
        raise RuntimeError(f"not the same work: {found}")
