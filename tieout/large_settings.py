"""The `[large_positions]` table as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from tieout.ids import AccountId


@dataclass(frozen=True, slots=True)
class SharesOutstanding:
    """How many shares of a class there are, as the issuer last said: a cover of its 10-K, 10-Q or 8-K.

    as_of    date of the count
    """

    symbol: str
    shares: Decimal
    as_of: date


@dataclass(frozen=True, slots=True)
class LargePositionSettings:
    """Thresholds from which somebody may have to file. They are the rules' own; zero switches one off.

    accounts         whose positions are added up; none named: every enabled account with real money
    managed_value    USD, Rule 13f-1(a)(1)
    owned_share      of the shares outstanding, Rule 13d-1(a): more than this
    day_…, month_…   shares and USD traded, Rule 13h-1(a)(7)
    warn_share       of a threshold, from which on it is said to be near
    shares_age       after which a count of shares outstanding is said to be old
    not_reported     symbols of shares or underlyings that are not on the SEC's official list of 13(f) securities
    """

    accounts: tuple[AccountId, ...] = ()
    managed_value: Decimal = Decimal(100_000_000)
    owned_share: Decimal = Decimal("0.05")
    day_shares: Decimal = Decimal(2_000_000)
    day_value: Decimal = Decimal(20_000_000)
    month_shares: Decimal = Decimal(20_000_000)
    month_value: Decimal = Decimal(200_000_000)
    warn_share: Decimal = Decimal("0.8")
    shares_age: timedelta = timedelta(days=120)
    not_reported: tuple[str, ...] = ()
    shares_outstanding: tuple[SharesOutstanding, ...] = field(default_factory=tuple)
