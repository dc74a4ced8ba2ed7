"""Executions of the statement."""

from __future__ import annotations

from sql.quality.subject import Subject
from sql.quality.suites.base import Expectations, Suite
from tieout.orders import Side
from tieout.records import RecordStatus


def _executions(_subject: Subject) -> Expectations:
    from sql.quality.expectations import executions as expect

    return [
        expect.ExpectExecutionOnce(),
        expect.ExpectExecutionOfThisAccount(),
        expect.ExpectExecutionSideToBeKnown(known=tuple(Side)),
        expect.ExpectExecutionStatusToBeKnown(known=tuple(RecordStatus)),
        expect.ExpectExecutionQuantityAboveZero(),
        expect.ExpectExecutionPriceAboveZero(),
        expect.ExpectFeeCurrencyCode(),
        expect.ExpectExecutionInsideWindow(),
        expect.ExpectExecutionBeforeCapture(),
        expect.ExpectFeeInProportion(severity="warning"),
        expect.ExpectExecutionToBeOurs(severity="warning"),
    ]


EXECUTIONS = Suite("executions", "quality_executions", _executions)
