"""Activities of the statement."""

from __future__ import annotations

from sql.quality.subject import Subject
from sql.quality.suites.base import Expectations, Suite
from tieout.records import ActivityKind, RecordStatus


def _activities(_subject: Subject) -> Expectations:
    from sql.quality.expectations import activities as expect

    return [
        expect.ExpectActivityOnce(),
        expect.ExpectActivityOfThisAccount(),
        expect.ExpectActivityKindToBeOneOfOurs(known=tuple(ActivityKind)),
        expect.ExpectActivityStatusToBeKnown(known=tuple(RecordStatus)),
        expect.ExpectActivityCurrencyCode(),
        expect.ExpectActivityBeforeCapture(),
        expect.ExpectActivityInstrument(),
        expect.ExpectSplitRatio(),
        expect.ExpectActivityPriceNotNegative(),
        expect.ExpectFundingToMoveNoUnits(),
        expect.ExpectFundingOfBothLegsToOppose(severity="warning"),
        expect.ExpectForcedClosingOfUnits(),
        expect.ExpectActivityKindToBeUnderstood(severity="warning"),
    ]


ACTIVITIES = Suite("activities", "quality_activities", _activities)
