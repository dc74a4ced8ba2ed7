"""When a trade's cash moves: settlement cycles, each with the date from which it held.

United States    SEC Rule 15c6-1: T+3 from 7 June 1995, T+2 from 5 September 2017, T+1 from 28 May 2024. On Columbus Day
                 and Veterans Day the exchanges trade and the banks are closed: no settlement (FINRA's yearly notices)
Canada, Mexico   T+2 from 5 September 2017, T+1 from 27 May 2024
Europe           T+2 from 6 October 2014 (CSDR), T+1 from 11 October 2027; the United Kingdom and Switzerland the same
India            T+2 from 1 April 2003, T+1 from 27 January 2023 (the last of its steps)
Japan            T+3, T+2 from 16 July 2019
Shanghai         T+1
elsewhere        T+2
options          T+1 (OCC); mutual funds T+1
forex            spot T+2; USD against CAD, TRY, PHP and RUB T+1. New Year and Christmas settle nowhere; other holidays
                 of the two currencies are the broker's to state
crypto, futures, perpetuals, CFDs    the trade date: coins move at once, and the others move only margin

A date that the broker states wins over all of these (`booking.py`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date

from tieout.instruments import AssetClass, Instrument
from tieout.sessions import Sessions

Cycles = tuple[tuple[date, int], ...]  # from that trade date on, sessions between trade and settlement

_EUROPE: Cycles = ((date.min, 3), (date(2014, 10, 6), 2), (date(2027, 10, 11), 1))
_OTHER: Cycles = ((date.min, 2),)
_BY_EXCHANGE: Mapping[str, Cycles] = {
    "XNYS": ((date.min, 3), (date(2017, 9, 5), 2), (date(2024, 5, 28), 1)),
    "XTSE": ((date.min, 3), (date(2017, 9, 5), 2), (date(2024, 5, 27), 1)),
    "XBOM": ((date.min, 2), (date(2023, 1, 27), 1)),
    "XMEX": ((date.min, 3), (date(2017, 9, 5), 2), (date(2024, 5, 27), 1)),
    "XSHG": ((date.min, 1),),
    "XTKS": ((date.min, 3), (date(2019, 7, 16), 2)),
    **dict.fromkeys(
        ("XLON", "XDUB", "XPAR", "XAMS", "XBRU", "XLIS", "XLUX", "XETR", "XFRA", "XMIL", "XMAD", "XWBO", "XSWX"),
        _EUROPE,
    ),
    **dict.fromkeys(("XSTO", "XHEL", "XCSE", "XOSL", "XICE", "XTAL", "XLIT", "XRIS"), _EUROPE),
    **dict.fromkeys(
        ("XWAR", "XPRA", "XBUD", "XBSE", "XBRA", "XLJU", "XZAG", "XCYS", "ASEX", "XDUS", "XHAM", "XSTU"), _EUROPE
    ),
}
_UNITED_STATES = frozenset({"XNYS"})
_ONE_DAY_COUNTERPARTS = frozenset({"CAD", "TRY", "PHP", "RUB"})
_SAME_DAY = frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL, AssetClass.FUTURE, AssetClass.CFD, AssetClass.CASH})


def settlement_days(instrument: Instrument, trade_date: date, exchange: str) -> int:
    """Settlement days between trade and settlement, by the cycle in force on the trade date.

    exchange    the calendar's own name, not an alias
    """
    if instrument.asset_class in _SAME_DAY:
        return 0
    if instrument.asset_class in {AssetClass.OPTION, AssetClass.FUND}:
        return 1
    if instrument.asset_class is AssetClass.FOREX:
        pair = set(instrument.symbol.split("/"))
        return 1 if "USD" in pair and pair & _ONE_DAY_COUNTERPARTS else 2
    cycles = _BY_EXCHANGE.get(exchange, _OTHER)
    return cycles[bisect_right(cycles, trade_date, key=lambda cycle: cycle[0]) - 1][1]


def settlement_date(instrument: Instrument, trade_date: date, sessions: Sessions) -> date:
    """The day on which the cash of a trade moves; asked of the calendar, never `+ 1`."""
    exchange, day = sessions.exchange, trade_date
    for _ in range(settlement_days(instrument, trade_date, exchange)):
        day = sessions.next(day)
        while not _settles(instrument, day, exchange):
            day = sessions.next(day)
    return day


def _settles(instrument: Instrument, day: date, exchange: str) -> bool:
    """Whether money moves on a session."""
    if instrument.asset_class is AssetClass.FOREX:
        return (day.month, day.day) not in {(1, 1), (12, 25)}
    return exchange not in _UNITED_STATES or not is_us_bank_holiday(day)


def is_us_bank_holiday(day: date) -> bool:
    """Whether the Federal Reserve is closed on a day when the exchanges trade: Columbus Day or Veterans Day.

    Source: Federal Reserve, holiday schedule. A holiday on Sunday moves to Monday; on Saturday it does not move.
    """
    columbus = day.month == 10 and day.weekday() == 0 and 8 <= day.day <= 14
    veterans = day.month == 11 and (day.day == 11 or (day.day == 12 and day.weekday() == 0))
    return columbus or veterans
