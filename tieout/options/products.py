"""What an option's root says of it: style, settlement, trading hours, and the days of its expiration.

index options   Cboe and Nasdaq product specifications: SPX, NDX and RUT of the third Friday are settled at the opening
                prices of their expiration day (AM) and last trade on the session before; their weekly roots (SPXW,
                NDXP, RUTW) at the closing prices (PM). VIX and VIXW are settled at the opening of a Wednesday.
                European and cash-settled; OEX alone is American
late products   options on some funds and on indices trade until 15 minutes after the close of the shares; an index
                option that is settled at the close stops with it on its last day (Cboe, hours of operation)
holidays        the OCC lists no series on a day without a session: what would expire then expires on the session
                before. Symbols of that day are still seen, so every date is taken to the session at or before it
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tieout.errors import DataError
from tieout.instruments import AssetClass, Instrument
from tieout.options.osi import parse_osi
from tieout.sessions import Sessions

LATE = timedelta(minutes=15)


class Style(StrEnum):
    """When the holder may exercise."""

    AMERICAN = "american"  # any day
    EUROPEAN = "european"  # at expiration only


class Settlement(StrEnum):
    """What exercise moves."""

    PHYSICAL = "physical"
    CASH = "cash"


class Fixing(StrEnum):
    """Which price of the expiration day decides."""

    AM = "am"  # the opening prices
    PM = "pm"  # the closing prices


@dataclass(frozen=True, slots=True)
class Product:
    """Everything that a root says.

    underlying    ticker of the share, fund or index
    late          trades until 15 minutes after the close of the shares
    late_at_end   does so on its last trading day too
    """

    root: str
    underlying: str
    style: Style = Style.AMERICAN
    settlement: Settlement = Settlement.PHYSICAL
    fixing: Fixing = Fixing.PM
    late: bool = False
    late_at_end: bool = False

    @property
    def is_physical(self) -> bool:
        """Whether securities change hands."""
        return self.settlement is Settlement.PHYSICAL

    @property
    def can_be_early(self) -> bool:
        """Whether a short may be assigned before expiration."""
        return self.style is Style.AMERICAN


def _index(
    root: str, underlying: str, fixing: Fixing, style: Style = Style.EUROPEAN, *, late_at_end: bool = False
) -> Product:
    late_at_end = late_at_end or fixing is Fixing.AM
    return Product(root, underlying, style, Settlement.CASH, fixing, late=True, late_at_end=late_at_end)


_INDICES = {
    one.root: one
    for one in (
        _index("SPX", "SPX", Fixing.AM),
        _index("SPXW", "SPX", Fixing.PM),
        _index("XSP", "XSP", Fixing.PM),
        _index("NDX", "NDX", Fixing.AM),
        _index("NDXP", "NDX", Fixing.PM),
        _index("XND", "XND", Fixing.PM),
        _index("RUT", "RUT", Fixing.AM),
        _index("RUTW", "RUT", Fixing.PM),
        _index("MRUT", "MRUT", Fixing.PM),
        _index("DJX", "DJX", Fixing.AM),
        _index("VIX", "VIX", Fixing.AM),
        _index("VIXW", "VIX", Fixing.AM),
        _index("OEX", "OEX", Fixing.PM, Style.AMERICAN, late_at_end=True),
        _index("XEO", "XEO", Fixing.PM, late_at_end=True),
    )
}
# fmt: off
_LATE_FUNDS = frozenset((
    "DBA", "DBB", "DBC", "DBO", "DIA", "EEM", "EFA", "FXI", "IWM", "IWN", "IWO", "IWV", "IYR", "KBE", "KRE", "LQD",
    "MDY", "MOO", "OEF", "QQQ", "SLX", "SPY", "SVXY", "TLT", "UNG", "UUP", "UVXY", "VIXM", "VIXY", "VXX", "VXZ",
    "XHB", "XLB", "XLE", "XLF", "XLI", "XLK", "XLP", "XLU", "XLV", "XLY", "XME", "XRT",
))
# fmt: on
_WEEKLY = frozenset({"SPXW", "NDXP", "RUTW", "VIXW"})


def product(root: str, underlying: str | None = None) -> Product:
    """What a root says.

    underlying    as the venue states it; left out it is the root without an adjusted contract's digit
    """
    if root in _INDICES:
        return _INDICES[root]
    name = underlying or root.rstrip("0123456789") or root
    late = name in _LATE_FUNDS
    return Product(root, name, late=late, late_at_end=late)


def product_of(contract: Instrument) -> Product:
    """The product of an option.

    raises    DataError for what is no option
    """
    if contract.asset_class is not AssetClass.OPTION:
        raise DataError(f"{contract.symbol} is no option")
    root = parse_osi(contract.symbol).root
    stated = contract.underlying
    return product(root, stated if stated != root else None)


def is_weekly_root(root: str) -> bool:
    """Whether an index lists its weekly and end-of-month series under that root, apart from the third Friday's."""
    return root in _WEEKLY


def why_inconsistent(contract: Instrument) -> str | None:
    """Where a venue's fields disagree with its symbol, which of them; None where they agree.

    The symbol is what the OCC lists: nothing is forecast for a contract of which two things are said.
    """
    osi = parse_osi(contract.symbol)
    stated = {
        "expiration": (contract.expiration, osi.expiration),
        "strike": (contract.strike, osi.strike),
        "right": (contract.option_right, osi.right),
    }
    wrong = [f"{name} {ours}, the symbol says {theirs}" for name, (ours, theirs) in stated.items() if ours != theirs]
    return "; ".join(wrong) or None


def expiration_session(contract: Instrument, sessions: Sessions) -> date:
    """The session on which the contract expires: its date, or the session before one that is none."""
    day = _expiration(contract)
    return day if sessions.is_session(day) else sessions.previous(day)


def last_trading_day(contract: Instrument, sessions: Sessions) -> date:
    """The last session on which it trades: the one before its expiration where the opening decides."""
    day = expiration_session(contract, sessions)
    return sessions.previous(day) if product_of(contract).fixing is Fixing.AM else day


def trading_ends(contract: Instrument, sessions: Sessions) -> datetime:
    """When it stops trading for good, UTC; on a half day earlier by as much as the shares."""
    kind = product_of(contract)
    return sessions.closes_at(last_trading_day(contract, sessions)) + (LATE if kind.late_at_end else timedelta(0))


def trades_until(contract: Instrument, day: date, sessions: Sessions) -> datetime:
    """When it stops trading on a session before its last, UTC."""
    if day == last_trading_day(contract, sessions):
        return trading_ends(contract, sessions)
    return sessions.closes_at(day) + (LATE if product_of(contract).late else timedelta(0))


def decided_at(contract: Instrument, sessions: Sessions) -> datetime:
    """The moment whose prices decide over exercise, UTC: opening or close of the expiration session."""
    day = expiration_session(contract, sessions)
    return sessions.opens_at(day) if product_of(contract).fixing is Fixing.AM else sessions.closes_at(day)


def _expiration(contract: Instrument) -> date:
    if contract.expiration is None:
        raise DataError(f"{contract.symbol} has no expiration")
    return contract.expiration
