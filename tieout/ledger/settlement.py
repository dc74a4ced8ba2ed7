"""When a trade's cash moves: settlement cycles, each with the date from which it held.

Sources: SEC Rule 15c6-1 and its amendments (T+3 from 7 June 1995, T+2 from 5 September 2017, T+1 from 28 May 2024); OCC
rules for options (T+1); spot foreign exchange convention (T+2, USD/CAD, USD/TRY, USD/PHP and USD/RUB T+1). Futures and
perpetuals move only margin, on the trade date; so does crypto.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date

from tieout.instruments import AssetClass, Instrument
from tieout.sessions import Sessions

_BEGINNING = date.min
_US_EQUITIES = ((_BEGINNING, 3), (date(2017, 9, 5), 2), (date(2024, 5, 28), 1))
_ELSEWHERE_EQUITIES = ((_BEGINNING, 3), (date(2014, 10, 6), 2))  # EU: CSDR, T+2
_ONE_DAY_PAIRS = frozenset({"USD/CAD", "CAD/USD", "USD/TRY", "USD/PHP", "USD/RUB"})
_US_CALENDARS = frozenset({"XNYS", "XNAS", "BATS", "XASE"})
_SAME_DAY = frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL, AssetClass.FUTURE, AssetClass.CFD, AssetClass.CASH})


def settlement_days(instrument: Instrument, trade_date: date, calendar: str) -> int:
    """Sessions between trade and settlement, by the cycle in force on the trade date."""
    if instrument.asset_class in _SAME_DAY:
        return 0
    if instrument.asset_class in {AssetClass.OPTION, AssetClass.FUND}:
        return 1
    if instrument.asset_class is AssetClass.FOREX:
        return 1 if instrument.symbol in _ONE_DAY_PAIRS else 2
    cycles = _US_EQUITIES if calendar in _US_CALENDARS else _ELSEWHERE_EQUITIES
    return cycles[bisect_right(cycles, trade_date, key=lambda cycle: cycle[0]) - 1][1]


def settlement_date(instrument: Instrument, trade_date: date, sessions: Sessions) -> date:
    """The session on which the cash of a trade moves; asked of the calendar, never `+ 1`."""
    days = settlement_days(instrument, trade_date, sessions.calendar)
    return sessions.next(trade_date, days) if days else trade_date
