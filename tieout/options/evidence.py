"""Words of evidence: what proves how an option position ended, and how sure that is.

expected     ours: a forecast, on prices. Never booked
confirmed    the broker's own records, or its position and cash lists where they leave one explanation only
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.options.legs import Outcome
from tieout.records import Activity


class Basis(StrEnum):
    """What a finding rests on, the strongest first."""

    RECORD = "record"  # the broker's rows, whole, and its lists show them
    RECORD_ALONE = "record_alone"  # whole rows that its lists do not show yet, or no longer alone
    ALGEBRA = "algebra"  # no rows; option, securities and cash moved as one explanation alone allows
    PARTIAL_ALGEBRA = "partial_algebra"  # two of the three moved so
    RECORD_INCOMPLETE = "record_incomplete"  # a row whose other leg is not there
    GONE = "gone"  # the option left the list, and nothing else says why
    NOTHING = "nothing"  # still there, as it was


CONFIDENCE = {
    Basis.RECORD: Decimal("1.00"),
    Basis.RECORD_ALONE: Decimal("0.95"),
    Basis.ALGEBRA: Decimal("0.90"),
    Basis.PARTIAL_ALGEBRA: Decimal("0.60"),
    Basis.RECORD_INCOMPLETE: Decimal("0.50"),
    Basis.GONE: Decimal("0.30"),
    Basis.NOTHING: ZERO,
}
CONFIRMS = frozenset({Basis.RECORD, Basis.RECORD_ALONE, Basis.ALGEBRA})
"""What may be booked. Everything else is a break, or waits."""


class Trait(StrEnum):
    """What else is true of an event, for people and for what follows from it."""

    EARLY = "early"  # before its expiration
    PARTIAL = "partial"  # some contracts are left
    HELD_SHARES = "held_shares"  # shares were held before it brought more
    CALLED_AWAY = "called_away"  # shares that were held left
    SHORT_STOCK = "short_stock"  # the account is short of shares after it
    NET_ZERO = "net_zero"  # the shares were traded away the same day
    AUTOMATIC = "automatic"  # a long exercised at its expiration, by exception or by instruction
    ADJUSTED = "adjusted"  # the deliverable is not the multiplier in shares of the underlying
    AM_SETTLED = "am_settled"
    SPREAD_LEG = "spread_leg"  # another leg of the same underlying and expiration is held, or was
    LATE = "late"  # its rows came a session or more after their date
    NOT_EXERCISED = "not_exercised"  # in the money, and it expired


@dataclass(frozen=True, slots=True)
class Event:
    """How some contracts of one position ended.

    contracts    signed as they were held: -2 for two short ones that are gone
    books        records to be booked if it is confirmed; all legs or none
    waits        the venue's rows may still come: figures alone book nothing yet
    """

    contract: Instrument
    outcome: Outcome
    contracts: Decimal
    basis: Basis
    business_date: date
    books: tuple[Activity, ...] = ()
    traits: frozenset[Trait] = field(default_factory=frozenset)
    words: str = ""
    waits: bool = False

    @property
    def confidence(self) -> Decimal:
        """From zero to one."""
        return CONFIDENCE[self.basis]

    @property
    def confirmed(self) -> bool:
        """Whether it is proven well enough to be booked."""
        return self.basis in CONFIRMS and not self.waits

    @property
    def units(self) -> Decimal:
        """Securities that its records move, signed."""
        return sum((one.quantity for one in self.books if one.instrument not in (None, self.contract)), ZERO)

    @property
    def cash(self) -> Decimal:
        """Money that its records move, signed."""
        return sum((one.amount for one in self.books), ZERO)
