"""What must hold for the executions of a statement."""

from __future__ import annotations

from typing import ClassVar

from sql.quality.expectations.base import Flagged, Known, Unique

_ID = ("execution_id", "instrument_id")


class ExpectExecutionOnce(Unique):
    """No execution id stands twice in the same status."""

    key: tuple[str, ...] = ("execution_id", "status")


class ExpectExecutionOfThisAccount(Flagged):
    """Every execution belongs to the snapshot's account."""

    flag: str = "account_differs"
    shows: ClassVar = (*_ID, "account_id")


class ExpectExecutionSideToBeKnown(Known):
    """An execution buys or sells."""

    column: str = "side"
    shows: ClassVar = (*_ID, "side", "quantity")


class ExpectExecutionStatusToBeKnown(Known):
    """An execution stands, is corrected, or is cancelled."""

    column: str = "status"
    shows: ClassVar = (*_ID, "status")


class ExpectExecutionQuantityAboveZero(Flagged):
    """An execution's quantity counts up from zero."""

    flag: str = "quantity_not_positive"
    shows: ClassVar = (*_ID, "quantity", "side")


class ExpectExecutionPriceAboveZero(Flagged):
    """An execution's price is above zero; only futures have traded below."""

    flag: str = "price_not_positive"
    shows: ClassVar = (*_ID, "price", "quantity")


class ExpectFeeCurrencyCode(Flagged):
    """The fee's currency is a code: 2 to 12 capital letters or digits."""

    flag: str = "fee_currency_malformed"
    shows: ClassVar = (*_ID, "fee", "fee_currency")


class ExpectExecutionInsideWindow(Flagged):
    """A new execution lies inside the window that was asked for."""

    flag: str = "outside_window"
    shows: ClassVar = (*_ID, "executed_at", "status")


class ExpectExecutionBeforeCapture(Flagged):
    """An execution happened before the snapshot was taken."""

    flag: str = "after_capture"
    shows: ClassVar = (*_ID, "executed_at")


class ExpectExecutionToBeOurs(Flagged):
    """A client order id, where the venue gives one, is ours: 32 hex digits."""

    flag: str = "not_ours"
    shows: ClassVar = (*_ID, "client_order_id")


class ExpectFeeInProportion(Flagged):
    """A fee on coins is less than a twentieth of what was traded; more was told in the wrong coin."""

    flag: str = "fee_too_large"
    shows: ClassVar = (*_ID, "fee", "fee_currency", "quantity", "price")
