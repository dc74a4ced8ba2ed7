"""Positions."""

from __future__ import annotations

from sql.quality.subject import Subject
from sql.quality.suites.base import Expectations, Suite
from tieout.instruments import AssetClass

SIDES = ("long", "short", "")  # empty: the venue signs the quantity and says no more


def _positions(subject: Subject) -> Expectations:
    from sql.quality.expectations import positions as expect

    return [
        expect.ExpectAsManyRowsAsSent(value=subject.positions),
        expect.ExpectInstrumentOnce(),
        expect.ExpectPositionOfThisAccount(),
        expect.ExpectAssetClassToBeKnown(known=tuple(AssetClass)),
        expect.ExpectSideToBeKnown(known=SIDES),
        expect.ExpectSignToAgreeWithSide(),
        expect.ExpectQuantityNotZero(),
        expect.ExpectPositionCurrencyCode(),
        expect.ExpectMultiplierAboveZero(),
        expect.ExpectPriceNotNegative(),
        expect.ExpectMarketValueToAgree(),
        expect.ExpectValueToHaveTheSignOfQuantity(),
        expect.ExpectOptionToAgreeWithItsSymbol(),
        expect.ExpectLegToHaveItsSign(),
        expect.ExpectContractsCountedInUnits(),
        expect.ExpectInverseContractsWhole(),
        expect.ExpectCoinsNotNegative(severity="warning"),
        expect.ExpectMarginedValueToAgree(severity="warning"),
        expect.ExpectPriceAboveZero(severity="warning"),
        expect.ExpectPriceToBeStated(severity="warning"),
        expect.ExpectPriceToBeFresh(severity="warning"),
        expect.ExpectValueToBeStated(severity="warning"),
    ]


POSITIONS = Suite("positions", "quality_positions", _positions)
