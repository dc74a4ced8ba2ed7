"""Where a record stands in time: the session it belongs to and the date its cash moves."""

from __future__ import annotations

from datetime import date

from tieout.ledger.settlement import settlement_date
from tieout.records import Activity, ActivityKind, Execution
from tieout.sessions import Sessions


def place_execution(execution: Execution, sessions: Sessions) -> tuple[date, date]:
    """Business date and settlement date of a trade."""
    trade_date = sessions.business_date(execution.executed_at)
    return trade_date, settlement_date(execution.instrument, trade_date, sessions)


def place_activity(activity: Activity, sessions: Sessions) -> tuple[date, date]:
    """Business date and settlement date of an event.

    The date that the venue states wins. Otherwise the underlying that an assignment or exercise moves settles like a
    trade in it, and everything else on its own session.
    """
    business_date = sessions.business_date(activity.occurred_at)
    if activity.settles_on is not None:
        return business_date, activity.settles_on
    if activity.kind is ActivityKind.OPTION_TRADE and activity.instrument is not None:
        return business_date, settlement_date(activity.instrument, business_date, sessions)
    return business_date, business_date
