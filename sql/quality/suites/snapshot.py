"""The snapshot itself: complete, the one that was asked for, nothing left unmapped that carries value."""

from __future__ import annotations

from sql.quality.subject import Subject
from sql.quality.suites.base import Expectations, Suite


def _completeness(_subject: Subject) -> Expectations:
    from sql.quality.expectations import snapshot as expect

    return [expect.ExpectSnapshotToBeComplete()]


def _snapshot(_subject: Subject) -> Expectations:
    from sql.quality.expectations import snapshot as expect

    return [
        expect.ExpectSnapshotToBeComplete(),
        expect.ExpectSnapshotAskedFor(),
        expect.ExpectBalance(),
        expect.ExpectUnmappedRowsToBeWorthNothing(),
        expect.ExpectStatementToBeComplete(),
        expect.ExpectEveryRowMapped(severity="warning"),
        expect.ExpectEquityToBeStated(severity="warning"),
        expect.ExpectStatement(severity="warning"),
        expect.ExpectEveryStatementRowMapped(severity="warning"),
        expect.ExpectRowsOnTheMarketsSteps(severity="warning"),
    ]


def _vanished(_subject: Subject) -> Expectations:
    from sql.quality.expectations import snapshot as expect

    return [expect.ExpectNothingToVanish()]


COMPLETENESS = Suite("snapshot", "quality_snapshot", _completeness)  # all that is asked of a partial or failed one
SNAPSHOT = Suite("snapshot", "quality_snapshot", _snapshot)
VANISHED = Suite("vanished", "quality_vanished", _vanished)
