"""What must hold for the activities of a statement."""

from __future__ import annotations

from typing import ClassVar

from sql.quality.expectations.base import Flagged, Known, Unique

_ID = ("activity_id", "kind")


class ExpectActivityOnce(Unique):
    """No activity id stands twice in the same status."""

    key: tuple[str, ...] = ("activity_id", "status")


class ExpectActivityOfThisAccount(Flagged):
    """Every activity belongs to the snapshot's account."""

    flag: str = "account_differs"
    shows: ClassVar = (*_ID, "account_id")


class ExpectActivityKindToBeOneOfOurs(Known):
    """Every kind is one of ours."""

    column: str = "kind"
    shows: ClassVar = (*_ID, "venue_kind", "amount", "currency")


class ExpectActivityKindToBeUnderstood(Flagged):
    """The venue's kind means something to us; one we do not know is kept as `other` and never booked by itself."""

    flag: str = "kind_unknown"
    shows: ClassVar = (*_ID, "venue_kind", "amount", "currency", "quantity")


class ExpectActivityStatusToBeKnown(Known):
    """An activity stands, is corrected, or is cancelled."""

    column: str = "status"
    shows: ClassVar = (*_ID, "status")


class ExpectActivityCurrencyCode(Flagged):
    """The currency is a code: 2 to 12 capital letters or digits."""

    flag: str = "currency_malformed"
    shows: ClassVar = (*_ID, "currency", "amount")


class ExpectActivityBeforeCapture(Flagged):
    """An activity happened before the snapshot was taken."""

    flag: str = "after_capture"
    shows: ClassVar = (*_ID, "occurred_at")


class ExpectActivityInstrument(Flagged):
    """A change of quantity says of what."""

    flag: str = "instrument_missing"
    shows: ClassVar = (*_ID, "quantity", "venue_kind")


class ExpectSplitRatio(Flagged):
    """A split says how many new units come for an old one."""

    flag: str = "ratio_missing"
    shows: ClassVar = (*_ID, "ratio", "quantity")


class ExpectActivityPriceNotNegative(Flagged):
    """An activity's price, where it has one, is not below zero."""

    flag: str = "price_negative"
    shows: ClassVar = (*_ID, "price", "amount")


class ExpectFundingToMoveNoUnits(Flagged):
    """Funding is money, or units of the coin it is paid in, and never changes the contract's own position."""

    flag: str = "funding_moves_units"
    shows: ClassVar = (*_ID, "quantity", "amount", "currency")


class ExpectFundingOfBothLegsToOppose(Flagged):
    """Of the two legs of a contract one pays funding and the other receives it: a sign was turned otherwise."""

    flag: str = "funding_one_way"
    shows: ClassVar = (*_ID, "instrument_id", "amount", "occurred_at")


class ExpectForcedClosingOfUnits(Flagged):
    """A liquidation or deleveraging says how many units the venue closed."""

    flag: str = "closing_without_units"
    shows: ClassVar = (*_ID, "instrument_id", "amount")
