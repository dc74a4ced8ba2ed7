"""An account, its calendar and moments, as every test of planning begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

from tieout.config import parse_settings
from tieout.ids import AccountId
from tieout.outages import parse_outage
from tieout.planning.rules import DayPlan, Due, plan_account
from tieout.planning.settings import PlanSettings
from tieout.sessions import Sessions
from tieout.settings import AccountSettings, Settings

XNYS = Sessions("XNYS")
THURSDAY, FRIDAY, MONDAY = date(2026, 1, 15), date(2026, 1, 16), date(2026, 1, 20)  # the 19th is a holiday
NAME = AccountId("alpaca-main")


outage = cache(parse_outage)


def at(text: str) -> datetime:
    """`2026-01-16 21:45`, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def settings(plan: PlanSettings | None = None, **account: object) -> Settings:
    """One account, `alpaca-main`."""
    parsed = parse_settings({"accounts": {NAME: {"broker": "alpaca", "credential": "env:ALPACA", **account}}}, {})
    return parsed if plan is None else replace(parsed, plan=plan)


@cache
def _usual() -> Settings:
    return settings()


def account(given: Settings) -> AccountSettings:
    return given.accounts[NAME]


def plan(
    day: date | None,
    now: datetime,
    given: Settings | None = None,
    sessions: Sessions = XNYS,
    outages: Sequence[str] = (),
) -> DayPlan:
    """The account's plan of a day."""
    known = given or _usual()
    return plan_account(known, account(known), day, now, sessions, [outage(one) for one in outages])


def by_name(found: DayPlan) -> dict[str, Due]:
    return {due.name: due for due in found.dues}
