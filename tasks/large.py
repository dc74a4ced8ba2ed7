"""Large positions: measured over all accounts that count, told when a threshold is first near or crossed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.artifacts import create_table_artifact
from tasks.clock import now
from tasks.news import tell_people
from tasks.stores import Stores, open_stores
from tieout.accounts import Mode
from tieout.alert import lasting
from tieout.ids import AccountId
from tieout.large import (
    Finding,
    Level,
    fallen,
    managed_value,
    month_end,
    news,
    not_counted,
    owned_shares,
    traded,
    underlyings,
)
from tieout.money import plain
from tieout.recon.types import Severity
from tieout.sessions import Sessions
from tieout.settings import Settings

CALENDAR = "XNYS"  # its sessions say which day is the last trading day of a month


@dataclass(frozen=True, slots=True)
class LargeReport:
    """Every figure against its threshold, and what it covers.

    covered        session of the snapshot that an account's positions stand in; None where there is none yet
    left_out       why accounts do not count
    not_counted    shares held for which nobody said how many there are
    """

    findings: tuple[Finding, ...]
    covered: Mapping[AccountId, date | None]
    left_out: Mapping[AccountId, str]
    not_counted: tuple[str, ...]

    @property
    def coverage(self) -> list[str]:
        """Which accounts, and how old what is known of them is, for people."""
        return [f"{name}: positions of {day}" for name, day in self.covered.items() if day is not None]

    @property
    def gaps(self) -> list[str]:
        """What the figures lack, for people."""
        missing = [f"{name}: no accepted snapshot yet" for name, day in self.covered.items() if day is None]
        counted = ", ".join(self.not_counted)
        none = ["no account counts: none with real money is enabled, and none is named"] if not self.covered else []
        return none + missing + ([f"no shares outstanding given, so 13D/G is not judged: {counted}"] if counted else [])


def measure(stores: Stores) -> LargeReport:
    """Measure the newest accepted snapshots, and the trades of this month and the one before."""
    from sql.large import read_holdings, read_last_prices
    from sql.trades import read_trades

    settings, today = stores.settings.large_positions, Sessions(CALENDAR).business_date(now())
    counted, left_out = _choose(stores.settings)
    since = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    with stores.journal.read() as journal:
        trades = [one for one in read_trades(journal, since, today) if one.account_id in counted]
    with stores.warehouse.read() as warehouse:
        holdings, days = read_holdings(warehouse, today)
        prices = read_last_prices(warehouse, underlyings(trades), today)
    mine = [one for one in holdings if one.account_id in counted]
    covered = {name: days.get(name) for name in counted}
    findings = [
        managed_value(mine, settings, month_end(filter(None, covered.values()), Sessions(CALENDAR))),
        *owned_shares(mine, settings, today),
        *traded(trades, prices, settings),
    ]
    return LargeReport(tuple(findings), covered, left_out, tuple(not_counted(mine, settings)))


@task(task_run_name="large positions", cache_policy=NO_CACHE)
def report_large_positions() -> list[Finding]:
    """Measure, show, and tell what is near or crossed for the first time. The same again tells nobody."""
    with open_stores() as stores:
        report = measure(stores)
        new = _note(stores, report)
    told = "; ".join([f"{len(report.findings)} figures", *report.coverage, *report.gaps])
    rows = [shown(one) for one in report.findings]
    create_table_artifact(rows, key="large-positions", description=f"{told}. No legal advice.")
    if new:
        worst = Severity.CRITICAL if any(one.level is Level.CROSSED for one in new) else Severity.WARNING
        title = f"tieout: {len(new)} reporting thresholds near or crossed"
        about = [lasting(f"large position {one.rule} {one.subject}", one.level, one.words) for one in new]
        lines = [*(one.words for one in new), *report.coverage, *report.gaps]
        tell_people(worst, title, lines, about, source="transfers-watch")
    return new


def shown(one: Finding) -> dict[str, Any]:
    """A finding as a row."""
    figures = {"measured": plain(one.measured), "threshold": plain(one.threshold)}
    return {"rule": one.rule.value, "subject": one.subject, **figures, "level": one.level.value, "note": one.note}


def _note(stores: Stores, report: LargeReport) -> list[Finding]:
    from sql.large import note_findings, read_told

    with stores.journal.write() as journal:
        told = read_told(journal)
        new = news(report.findings, told)
        note_findings(journal, [*new, *fallen(report.findings, told)], now())
    return new


def _choose(settings: Settings) -> tuple[tuple[AccountId, ...], dict[AccountId, str]]:
    """Accounts that count, and why the others do not."""
    named = settings.large_positions.accounts
    why = {
        name: "not named in [large_positions]" if named else "paper" if one.enabled else "not enabled"
        for name, one in settings.accounts.items()
        if (name not in named if named else one.account.mode is not Mode.LIVE or not one.enabled)
    }
    return tuple(name for name in settings.accounts if name not in why), why
