"""The table of what each coin venue can do, from runs: `python -m tests.contract.coins.table` prints it.

A cell is `passed` where the operation ran against the venue and did what it should, or `Unsupported` with the reason
that the adapter gave before it told the venue anything. Anything else is a failure, and says what went wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.contract.coins import cryptocom, kucoin
from tests.contract.coins.benches import ROWS as FACES
from tests.contract.coins.benches import Bench, Row
from tests.contract.coins.canned import CannedBench, CannedRow
from tests.contract.coins.operations import OPERATIONS
from tieout.errors import TieoutError, Unsupported

PASSED, UNSUPPORTED = "passed", "Unsupported: "
ROWS: tuple[Row | CannedRow, ...] = (*FACES, kucoin.ROW, cryptocom.ROW)


@dataclass(frozen=True, slots=True)
class Cell:
    """One operation at one venue, and how it ended."""

    row: str
    operation: str
    words: str

    @property
    def holds(self) -> bool:
        """Whether it passed, or is not there for a reason."""
        return self.words == PASSED or (self.words.startswith(UNSUPPORTED) and len(self.words) > len(UNSUPPORTED))


def run(row: Row | CannedRow, operation: str) -> Cell:
    """Run one operation at one venue."""
    work = OPERATIONS[operation]
    if isinstance(row, CannedRow):
        written = row.operations.get(work.__name__)
        if written is None:
            return Cell(row.name, operation, "failed: nobody wrote down how it is asked")
        with row.bench() as canned:
            return Cell(row.name, operation, _ended(canned, partial(written, canned)))
    with row.bench() as bench:
        return Cell(row.name, operation, _ended(bench, partial(work, bench)))


def _ended(bench: Bench | CannedBench, work: Callable[[], None]) -> str:
    """How an operation ended, in the words of the table."""
    try:
        work()
    except Unsupported as error:
        return f"{UNSUPPORTED}{error.reason}"
    except (AssertionError, TieoutError) as error:
        return f"failed: {type(error).__name__}: {error}"
    return PASSED if bench.asked else "failed: the venue was asked nothing"


def cells() -> Iterator[Cell]:
    """Every cell, one operation after the other."""
    for operation in OPERATIONS:
        for row in ROWS:
            yield run(row, operation)


def rendered(found: list[Cell]) -> str:
    """The table in Markdown: a line for each operation, a column for each venue."""
    names = [row.name for row in ROWS]
    words = {(cell.operation, cell.row): cell.words for cell in found}
    lines = [["operation", *names], ["---"] * (len(names) + 1)]
    lines += [[operation, *(words[operation, name] for name in names)] for operation in OPERATIONS]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    FOUND = list(cells())
    print(rendered(FOUND))
    sys.exit(0 if all(one.holds for one in FOUND) else 1)
