"""Open orders. What cannot be matched is for reconciliation; what cannot be true stops here."""

from __future__ import annotations

from sql.quality.subject import Subject
from sql.quality.suites.base import Expectations, Suite
from tieout.orders import OrderState, Side


def _orders(_subject: Subject) -> Expectations:
    from sql.quality.expectations import orders as expect

    return [
        expect.ExpectOrderOnce(),
        expect.ExpectOrderOfThisAccount(),
        expect.ExpectOrderSideToBeKnown(known=tuple(Side)),
        expect.ExpectOrderStateToBeKnown(known=tuple(OrderState)),
        expect.ExpectOrderQuantityAboveZero(),
        expect.ExpectFilledWithinQuantity(),
        expect.ExpectVenueStatusToBeUnderstood(severity="warning"),
        expect.ExpectOpenOrderToBeLive(severity="warning"),
        expect.ExpectOrderToBeOurs(severity="warning"),
        expect.ExpectOrderInstrumentMapped(severity="warning"),
        expect.ExpectOrderBeforeCapture(severity="warning"),
    ]


ORDERS = Suite("orders", "quality_orders", _orders)
