"""What each broker does on an expiration day, and when: a dated table, each row with its source.

Hours are leads to the close of the expiration session, so that a half day moves them as it moves the close. The newest
row of a broker and kind that held on the day counts; a broker without a row has the rule that holds for all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tieout.instruments import Instrument
from tieout.options.products import Fixing, expiration_session, last_trading_day, product_of, trading_ends
from tieout.sessions import Sessions

ALL_BROKERS = "*"


class Cut(StrEnum):
    """What happens, or can no longer be done, at an hour of the expiration day."""

    LIQUIDATION = "liquidation"  # the broker may close what the account cannot carry
    DO_NOT_EXERCISE = "do_not_exercise"  # last hour for the instruction to let an option in the money lapse
    EXERCISE = "exercise"  # last hour for the instruction to exercise against the rule
    AUTOMATIC_EXERCISE = "automatic_exercise"  # by then what is in the money has been exercised


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One row of the table.

    since     first expiration day it holds for
    at        relative to the close of the shares on that day: below zero is before it
    source    who says so, and where
    """

    broker: str
    cut: Cut
    since: date
    at: timedelta
    source: str


@dataclass(frozen=True, slots=True)
class CutOff:
    """One hour of one contract's expiration, UTC."""

    cut: Cut
    at: datetime
    source: str


_ALWAYS = date(2015, 2, 1)  # since standard options expire on Fridays and no more on Saturdays
_ALPACA_OPTIONS = date(2024, 2, 1)  # Alpaca offers options
_FINRA = (
    "FINRA rule 2360(b)(23)(A): 5:30 pm New York; where the close is another, 1 hour 30 minutes after it "
    "(Information Notice 11/23/21)"
)
TABLE: tuple[PolicyRow, ...] = (
    PolicyRow(ALL_BROKERS, Cut.DO_NOT_EXERCISE, _ALWAYS, timedelta(minutes=90), _FINRA),
    PolicyRow(ALL_BROKERS, Cut.EXERCISE, _ALWAYS, timedelta(minutes=90), _FINRA),
    PolicyRow(
        "alpaca",
        Cut.LIQUIDATION,
        _ALPACA_OPTIONS,
        -timedelta(minutes=45),
        "alpaca.markets/support: positions in or near the money that the account cannot carry are typically closed at "
        "3:15 pm New York, earlier in volatile markets",
    ),
    PolicyRow(
        "alpaca",
        Cut.DO_NOT_EXERCISE,
        _ALPACA_OPTIONS,
        timedelta(0),
        "alpaca.markets/support: do-not-exercise by e-mail; after 4:00 pm New York on a best-efforts basis only "
        "(an older page says 4:30 pm: the earlier one holds)",
    ),
    PolicyRow(
        "alpaca",
        Cut.EXERCISE,
        _ALPACA_OPTIONS,
        timedelta(0),
        "alpaca.markets/support: no exercise of an expiring option after 4:00:00 pm New York",
    ),
    PolicyRow(
        "alpaca",
        Cut.AUTOMATIC_EXERCISE,
        _ALPACA_OPTIONS,
        timedelta(hours=2),
        "alpaca.markets/support: automatic exercise by 6:00 pm New York on the expiration day, by the official close",
    ),
    PolicyRow(
        "ibkr",
        Cut.LIQUIDATION,
        _ALWAYS,
        -timedelta(hours=2),
        "ibkr.info/article/1767: positions that would leave a margin deficit after expiration may be closed before it; "
        "no hour is published, two hours before the close is ours to be early",
    ),
    PolicyRow(
        "ibkr",
        Cut.DO_NOT_EXERCISE,
        _ALWAYS,
        timedelta(minutes=25),
        "lapse requests in TWS; the broker's own hour is not published for every product, 25 minutes after the close "
        "is the earliest that is known",
    ),
    PolicyRow(
        "ibkr", Cut.EXERCISE, _ALWAYS, timedelta(minutes=25), "as for lapse requests: the earliest hour that is known"
    ),
)


def cut_offs(
    contract: Instrument, broker: str, sessions: Sessions, table: Iterable[PolicyRow] = TABLE
) -> tuple[CutOff, ...]:
    """The hours that matter for one contract at one broker, the earliest first.

    An option that is settled at the opening cannot be acted on after its last trading day: all its hours lie on that
    day's close at the latest. One that is settled in cash is exercised whatever anybody instructs.
    """
    kind = product_of(contract)
    day = expiration_session(contract, sessions)
    close = sessions.closes_at(last_trading_day(contract, sessions))
    latest = trading_ends(contract, sessions) if kind.fixing is Fixing.AM else None
    found = []
    for cut, row in _rows(broker, day, table).items():
        if not kind.is_physical and cut in {Cut.DO_NOT_EXERCISE, Cut.EXERCISE}:
            continue
        at = close + row.at
        found.append(CutOff(cut, min(at, latest) if latest is not None else at, row.source))
    return tuple(sorted(found, key=lambda one: (one.at, one.cut)))


def earliest_cut(contract: Instrument, broker: str, sessions: Sessions, table: Iterable[PolicyRow] = TABLE) -> CutOff:
    """The hour by which a decision must have been made: the first of the broker's, or the end of trading."""
    end = CutOff(Cut.LIQUIDATION, trading_ends(contract, sessions), "the end of trading in the contract")
    return min((*cut_offs(contract, broker, sessions, table), end), key=lambda one: one.at)


def _rows(broker: str, day: date, table: Iterable[PolicyRow]) -> dict[Cut, PolicyRow]:
    """The newest row of each kind; the broker's own before the one for all."""
    found: dict[Cut, PolicyRow] = {}
    for row in sorted(table, key=lambda one: (one.broker == broker, one.since)):
        if row.broker in {broker, ALL_BROKERS} and row.since <= day:
            found[row.cut] = row
    return found
