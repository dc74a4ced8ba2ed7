"""What the journal knows of options, for the command line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tasks.accounts import sessions_of
from tasks.clock import now
from tasks.stores import Stores, open_stores
from tieout.ids import AccountId
from tieout.options.moment import countdown

if TYPE_CHECKING:
    from sqlalchemy import Connection

LATEST = 20  # events that are listed


def listing(accounts: Iterable[AccountId], days: int | None) -> dict[str, list[dict[str, Any]]]:
    """Forecasts of what has not expired, reservations and the newest events of some accounts.

    days    sessions ahead; None for the settings' own
    """
    found: dict[str, list[dict[str, Any]]] = {"forecasts": [], "reservations": [], "events": []}
    with open_stores() as stores, stores.journal.read() as journal:
        ahead = stores.settings.options.days if days is None else days
        for name in accounts:
            found["forecasts"] += _forecasts(stores, journal, name, ahead)
            found["reservations"] += _reservations(journal, name)
            found["events"] += _events(journal, name)
    return found


def forecasts_ahead(stores: Stores, accounts: Iterable[AccountId]) -> list[dict[str, Any]]:
    """The newest forecast of each position of some accounts that expires within the settings' days."""
    with stores.journal.read() as journal:
        found = [one for name in accounts for one in _forecasts(stores, journal, name, stores.settings.options.days)]
    return sorted(found, key=lambda one: (one["expires"], one["symbol"], one["account"]))


def _forecasts(stores: Stores, journal: Connection, name: AccountId, ahead: int) -> list[dict[str, Any]]:
    from sql.options.forecasts import read_forecasts

    sessions, moment = sessions_of(stores.settings.accounts[name]), now()
    today = moment.astimezone(sessions.zone).date()
    rows = read_forecasts(journal, name)
    due = [row for row in rows if row["expires"] >= today and sessions.sessions_between(today, row["expires"]) <= ahead]
    return [_forecast(name, row, moment) for row in due]


def _forecast(name: AccountId, row: dict[str, Any], moment: datetime) -> dict[str, Any]:
    detail = row["detail"]
    return {
        "account": name,
        "symbol": row["symbol"],
        "contracts": row["contracts"],
        "expires": row["expires"],
        "likelihood": row["likelihood"],
        "outcome": row["outcome"],
        "cash": row["cash"],
        "decide_by": row["decide_by"],
        "left": "report only" if row["decide_by"] <= moment else countdown(row["decide_by"], moment),
        "note": detail["refused"] or "; ".join(detail["notes"]),
        "made_at": row["at"],
        "run": row["run_id"],
        "detail": detail,
    }


def _reservations(journal: Connection, name: AccountId) -> list[dict[str, Any]]:
    from sql.options.forecasts import read_reservations

    return [
        {
            "account": name,
            "symbol": contract.symbol,
            "amount": one.amount,
            "currency": one.currency,
            "until": one.until,
            "why": one.why,
        }
        for contract, one in read_reservations(journal, name)
    ]


def _events(journal: Connection, name: AccountId) -> list[dict[str, Any]]:
    from sql.options.events import read_events
    from sql.reference import read_instruments

    rows = read_events(journal, name)[-LATEST:]
    names = read_instruments(journal, [row["instrument_id"] for row in rows])
    return [{"account": name, "symbol": names[row["instrument_id"]].symbol} | row for row in rows]
