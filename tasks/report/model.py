"""What a report says, read from the two stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tieout.recon.types import CaseState
from tieout.verdict import AccountOutcome, Verdict, judge_outcomes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sql.journal import Journal
    from sql.warehouse import Warehouse

SHOWN_POSITIONS = 200
SHOWN_BREAKS = 100
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AccountReport:
    """One account's part.

    source       snapshot and statement with their times; None where the broker was not reached
    positions    those that differ first; `more_positions` is how many are left out
    breaks       open cases, worst first, each with its `history`
    settled      cases that were resolved or closed by this session's runs
    """

    outcome: AccountOutcome
    zone: str
    source: Row | None
    quality: tuple[Row, ...]
    balances: tuple[Row, ...]
    positions: tuple[Row, ...]
    more_positions: int
    breaks: tuple[Row, ...]
    more_breaks: int
    settled: tuple[Row, ...]
    nav: tuple[Row, ...]
    exposure: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class RunReport:
    """The whole page."""

    verdict: Verdict
    days: tuple[date, ...]
    made_at: datetime
    accounts: tuple[AccountReport, ...]


def read_report(journal: Journal, warehouse: Warehouse, outcomes: Sequence[AccountOutcome], now: datetime) -> RunReport:
    """Everything the report of these outcomes says.

    now    UTC, printed as the time it was made
    """
    with journal.read() as ours, warehouse.read() as rows:
        accounts = tuple(_account(ours, rows, one) for one in outcomes)
    days = tuple(sorted({one.business_date for one in outcomes}))
    return RunReport(judge_outcomes(outcomes), days, now, accounts)


def _account(journal: Connection, warehouse: Connection, outcome: AccountOutcome) -> AccountReport:
    account = {"account_id": outcome.account_id, "business_date": outcome.business_date}
    snapshot = {"snapshot_id": outcome.snapshot_id or 0}
    found = _read(warehouse, "report_source", snapshot)
    positions = _read(warehouse, "report_positions", snapshot | account | {"most": SHOWN_POSITIONS})
    cases = _cases(journal, outcome)
    breaks = [case for case in cases if case["state"] == CaseState.OPEN]
    return AccountReport(
        outcome=outcome,
        zone=_zone(journal, outcome),
        source=found[0] if found else None,
        quality=tuple(_read(warehouse, "quality_of_snapshot", snapshot)),
        balances=tuple(_read(warehouse, "report_balances", snapshot | account)),
        positions=tuple(positions),
        more_positions=int(positions[0]["total"]) - len(positions) if positions else 0,
        breaks=tuple(_with_history(journal, breaks[:SHOWN_BREAKS])),
        more_breaks=max(len(breaks) - SHOWN_BREAKS, 0),
        settled=tuple(case for case in cases if _ended_on(case, outcome.business_date)),
        nav=tuple(_read(warehouse, "report_nav", account)),
        exposure=tuple(_read(warehouse, "report_exposure", snapshot)),
    )


def _read(connection: Connection, name: str, binds: Row) -> list[Row]:
    from sql.load import query, query_file
    from sql.rows import read_rows

    wanted = query_file(name).params
    return read_rows(connection, query(name), {key: value for key, value in binds.items() if key in wanted})


def _cases(journal: Connection, outcome: AccountOutcome) -> list[Row]:
    from sql.cases import read_cases

    weight = {"critical": 0, "warning": 1, "info": 2}
    cases = read_cases(journal, outcome.account_id, states=None)
    return sorted(cases, key=lambda row: (weight[str(row["severity"])], -_money(row), row["break_id"]))


def _money(row: Row) -> Decimal:
    return row["money_at_risk"] or Decimal(0)


def _ended_on(case: Row, day: date) -> bool:
    return bool(case["state"] != CaseState.OPEN and day in (case["resolved_on"], case["last_seen"], case["closed_on"]))


def _with_history(journal: Connection, cases: Sequence[Row]) -> list[Row]:
    from sql.cases import case_history

    return [case | {"history": case_history(journal, case["break_id"])} for case in cases]


def _zone(journal: Connection, outcome: AccountOutcome) -> str:
    """The exchange's zone; UTC for an account that failed before it was written down."""
    from sqlalchemy import select

    from sql.schema.journal import account
    from tasks.accounts import sessions_by_name

    found = select(account.c.calendar).where(account.c.account_id == outcome.account_id)
    calendar = journal.execute(found).scalar_one_or_none()
    return str(sessions_by_name(calendar).zone) if calendar else "UTC"
