"""What must hold for the open orders of a snapshot."""

from __future__ import annotations

from typing import ClassVar

from sql.quality.expectations.base import Flagged, Known, Unique

_ID = ("broker_order_id", "client_order_id")


class ExpectOrderOnce(Unique):
    """No order is listed twice."""

    key: tuple[str, ...] = ("account_id", "broker_order_id")


class ExpectOrderOfThisAccount(Flagged):
    """Every order belongs to the snapshot's account."""

    flag: str = "account_differs"
    shows: ClassVar = (*_ID, "account_id")


class ExpectOrderSideToBeKnown(Known):
    """An order buys or sells; the parent of a multi-leg order does neither."""

    column: str = "side"
    shows: ClassVar = (*_ID, "side")


class ExpectOrderStateToBeKnown(Known):
    """Every state is one of ours."""

    column: str = "state"
    shows: ClassVar = (*_ID, "state", "venue_status")


class ExpectVenueStatusToBeUnderstood(Flagged):
    """The venue's status means something to us."""

    flag: str = "state_unknown"
    shows: ClassVar = (*_ID, "venue_status")


class ExpectOpenOrderToBeLive(Flagged):
    """An order among the open ones may still trade."""

    flag: str = "not_live"
    shows: ClassVar = (*_ID, "state", "venue_status")


class ExpectOrderQuantityAboveZero(Flagged):
    """An order's quantity counts up from zero; one for an amount of money has none."""

    flag: str = "quantity_not_positive"
    shows: ClassVar = (*_ID, "quantity", "side")


class ExpectFilledWithinQuantity(Flagged):
    """What is filled lies between nothing and the whole order."""

    flag: str = "filled_impossible"
    shows: ClassVar = (*_ID, "filled_quantity", "quantity")


class ExpectOrderToBeOurs(Flagged):
    """The client order id is one of ours: 32 hex digits."""

    flag: str = "not_ours"
    shows: ClassVar = (*_ID, "state")


class ExpectOrderInstrumentMapped(Flagged):
    """The order is for an instrument we know."""

    flag: str = "instrument_unmapped"
    shows: ClassVar = (*_ID, "side", "quantity")


class ExpectOrderBeforeCapture(Flagged):
    """The order was submitted before the snapshot was taken."""

    flag: str = "from_the_future"
    shows: ClassVar = (*_ID, "submitted_at")
