"""Where a record stands in time: the session it belongs to and the date its cash moves."""

from __future__ import annotations

from datetime import date

from tieout.ledger.settlement import settlement_date
from tieout.records import Activity, Execution
from tieout.sessions import Sessions


def place_execution(execution: Execution, sessions: Sessions) -> tuple[date, date]:
    """Business date and settlement date of a trade."""
    trade_date = sessions.business_date(execution.executed_at)
    return trade_date, settlement_date(execution.instrument, trade_date, sessions)


def place_activity(activity: Activity, sessions: Sessions) -> tuple[date, date]:
    """Business date and settlement date of an event: the date the venue states, otherwise the event's own session."""
    business_date = sessions.business_date(activity.occurred_at)
    return business_date, activity.settles_on or business_date
